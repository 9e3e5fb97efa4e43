"""The contract of idempotency keys."""


def test_a_free_key_is_bound_to_who_asks(home):
    assert "w1" == home.keys.reserve("name", "key", "w1")


def test_a_bound_key_names_its_workflow_to_everybody(home):
    home.keys.reserve("name", "key", "w1")

    assert "w1" == home.keys.reserve("name", "key", "w2")
    assert "w1" == home.keys.reserve("name", "key", "w1")


def test_keys_belong_to_a_workflow_name(home):
    home.keys.reserve("name", "key", "w1")

    assert "w2" == home.keys.reserve("other", "key", "w2")


def test_a_key_moves_from_the_workflow_it_is_bound_to(home):
    home.keys.reserve("name", "key", "w1")

    assert home.keys.rebind("name", "key", "w1", "w2")
    assert "w2" == home.keys.reserve("name", "key", "w3")


def test_a_key_does_not_move_from_any_other_workflow(home):
    home.keys.reserve("name", "key", "w1")

    assert not home.keys.rebind("name", "key", "w0", "w2")
    assert "w1" == home.keys.reserve("name", "key", "w3")


def test_a_free_key_does_not_move(home):
    assert not home.keys.rebind("name", "key", "w1", "w2")
    assert "w3" == home.keys.reserve("name", "key", "w3")
