"""The contract of documents outside the journal."""


def test_a_document_is_read_as_it_was_put(home):
    home.payloads.put("journal/w/1.entry", bytes(range(256)))

    assert bytes(range(256)) == home.payloads.get("journal/w/1.entry")


def test_there_is_nothing_where_nothing_was_put(home):
    assert home.payloads.get("nowhere") is None


def test_putting_again_replaces(home):
    home.payloads.put("p", b"first")
    home.payloads.put("p", b"second")

    assert b"second" == home.payloads.get("p")


def test_a_document_may_be_empty_or_large(home):
    home.payloads.put("empty", b"")
    home.payloads.put("large", b"x" * 5_000_000)

    assert b"" == home.payloads.get("empty")
    assert 5_000_000 == len(home.payloads.get("large"))


def test_deleted_documents_are_gone_and_the_others_stay(home):
    for path in ("a", "b", "c"):
        home.payloads.put(path, b"document")

    home.payloads.delete(["a", "nowhere", "c"])
    home.payloads.delete([])

    assert [None, b"document", None] == [home.payloads.get(one) for one in "abc"]
