from zk_acts.runtime.repeats import Repeats


def test_repeats__same_trouble__is_due_at_powers_of_ten_and_anew_after_another() -> None:
    repeats = Repeats()
    assert [times for _ in range(100) if (times := repeats.note("a"))] == [1, 10, 100]
    assert repeats.note("b") == 1
    assert repeats.note("a") == 1
    repeats.clear()
    assert repeats.note("a") == 1
