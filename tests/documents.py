"""A plain JSON document as the world that templates lead into."""


class Document:
    """A :class:`podium.expressions.template.Source` that notes what it is asked for.

    What is bare in the document, a value that is no map, is a name of its own.
    """

    def __init__(self, document):
        self.document = document
        self.asked = []

    def names(self):
        return list(self.document)

    def lookup(self, name, field, key=None, /):
        self.asked.append((name, field, key))
        value = self.document.get(name)
        if not field:
            return None if isinstance(value, dict) else value
        return value.get(field) if isinstance(value, dict) else None
