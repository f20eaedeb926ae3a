"""Whose hands a job is in: living sessions, those that closed, and those that died."""

from mondrian_desktop.jobs.model import Batch, JobState
from tests.jobs.store_scene import add, die, finish, run


def test_what_a_dead_session_ran_is_interrupted_and_offered(open_store):
    store = open_store()
    first, second = add(store, "a", "b")
    run(store, first)
    die(store)
    later = open_store()
    assert [(each.path.name, each.state.value, each.tries) for each in later.unfinished()] == [
        ("a", "interrupted", 1),
        ("b", "queued", 0),
    ]
    assert later.job(second.id).state is JobState.QUEUED


def test_what_a_living_session_runs_is_left_to_it(open_store):
    store = open_store()
    first, _ = add(store, "a", "b")
    run(store, first)
    later = open_store()
    assert later.unfinished() == ()
    assert later.job(first.id).state is JobState.RUNNING
    finish(store, first.to(JobState.RUNNING))
    assert later.job(first.id).state is JobState.DONE


def test_closing_in_order_does_not_count_as_dying(open_store):
    store = open_store()
    first, _ = add(store, "a", "b")
    run(store, first)
    store.close()
    assert [(each.path.name, each.state.value, each.tries) for each in open_store().unfinished()] == [
        ("a", "interrupted", 0),
        ("b", "queued", 0),
    ]


def test_what_is_taken_up_is_in_one_pair_of_hands(open_store):
    store = open_store()
    first, second = add(store, "a", "b")
    run(store, first)
    die(store)
    one, other = open_store(), open_store()
    offered = other.unfinished()
    taken = one.claim(one.unfinished())
    assert [each.state.value for each in taken] == ["queued", "queued"]
    assert [each.id for each in taken] == [first.id, second.id]
    assert other.claim(offered) == ()
    assert other.unfinished() == ()
    one.update(taken[0].to(JobState.RUNNING))


def test_a_photo_over_which_the_app_died_goes_to_the_end_of_its_batch(open_store):
    store = open_store()
    first, second = Batch("Iceland"), Batch("Norway")
    jobs = add(store, "a", "b", "c", batch=first)
    add(store, "x", "y", batch=second)
    run(store, jobs[0])
    die(store)
    assert [each.path.name for each in open_store().unfinished()] == ["b", "c", "a", "x", "y"]


def test_two_that_die_in_turn_keep_their_order_at_the_end(open_store):
    store = open_store()
    add(store, "a", "b", "c", batch=Batch("Iceland"))
    add(store, "x", batch=Batch("Norway"))
    for _ in range(2):
        taken = store.claim(store.unfinished()) or store.jobs(batch=store.job(store.jobs()[-1].id).batch)[::-1]
        run(store, taken[0])
        die(store)
        store = open_store()
    assert [each.path.name for each in store.unfinished()] == ["c", "a", "b", "x"]


def test_three_deaths_over_one_photo_set_it_aside(open_store):
    store = open_store()
    add(store, "a")
    for tries in (1, 2):
        (taken,) = store.claim(store.unfinished()) or store.jobs()
        run(store, taken)
        die(store)
        store = open_store()
        assert [each.tries for each in store.unfinished()] == [tries]
    (taken,) = store.claim(store.unfinished())
    run(store, taken)
    die(store)
    store = open_store()
    assert store.unfinished() == ()
    (aside,) = store.jobs()
    assert aside.state is JobState.FAILED
    assert "the app stopped three times while analyzing it" in aside.reason
    again = aside.to(JobState.QUEUED)
    assert again.tries == 0
    store.update(again)
    assert store.job(again.id).state is JobState.QUEUED


def test_only_a_batch_of_its_own_is_offered_where_asked(open_store):
    store = open_store()
    batch = Batch("Iceland")
    add(store, "a", "b", batch=batch)
    add(store, "c")
    die(store)
    assert [each.path.name for each in open_store().unfinished(batch.id)] == ["a", "b"]
