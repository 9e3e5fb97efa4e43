"""The command ``podium``: how it ends."""

from podium_local import dev
from podium_local.__main__ import main


def test_what_is_interrupted_as_it_starts_ends_without_a_traceback(monkeypatch, capsys):
    def interrupted(_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(dev, "run", interrupted)
    monkeypatch.setattr("podium_local.logs.set_up_logs", lambda: None)

    assert 130 == main(["dev", "--db", ":memory:"])
    assert ("", "") == capsys.readouterr()
