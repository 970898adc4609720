"""A host that closes descriptors of an open client, and one that has none left: flete's errors, in time, and the
next call works. In processes of their own, as what they do to a process can't be undone."""

import subprocess
import sys
import textwrap

import pytest
from conftest import CONFIG, ORDER

PRELUDE = f"""
import flete, os, resource, socket, sys, tempfile, threading, time
CONFIG, ORDER = {CONFIG!r}, {ORDER!r}
client = flete.Client({{**CONFIG, "timeout_ms": 3000}})

def ended(work):
    '''The name of a call's error or "well", and that it came in time.'''
    started = time.monotonic()
    try:
        work()
        name = "well"
    except flete.Error as error:
        name = type(error).__name__ + " " + error.outcome
    took = time.monotonic() - started
    assert took < 4, took
    return name

def opened():
    return {{int(name) for name in os.listdir("/proc/self/fd")}}

def many(work, count=16):
    names = []
    threads = [threading.Thread(target=lambda: names.append(ended(work))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == count, "a thread ended with an exception"
    return names
"""


def run(body, *arguments):
    program = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(body), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert program.returncode == 0, program.stdout + program.stderr
    assert "panicked" not in program.stderr, program.stderr
    return program.stdout.split("\n")[:-1]


def test_all_closed_and_the_next_call_works():
    lines = run("""
        made = client.create(ORDER)
        for round in range(3):
            os.closerange(3, 256)
            print(ended(lambda: client.track(account="cr", id=made["id"])))
            print(ended(lambda: client.create(ORDER)))
            print(ended(lambda: flete.Client(CONFIG).list()))
    """)
    assert lines == ["well"] * 9


def test_all_closed_with_a_state_file():
    lines = run("""
        with tempfile.TemporaryDirectory() as place:
            client = flete.Client({**CONFIG, "state": place + "/state.db"})
            made = client.create(ORDER, idempotency_key="one")
            os.closerange(3, 256)
            again = client.create(ORDER, idempotency_key="one")
            print(again["replayed"], again["id"] == made["id"])
            print(ended(lambda: client.create(ORDER, idempotency_key="two")))
    """)
    assert lines == ["True True", "well"]


def test_all_closed_and_many_threads_at_once():
    lines = run("""
        client.list()
        for round in range(3):
            os.closerange(3, 256)
            print(*sorted(set(many(lambda: client.create(ORDER)))))
            print(*sorted(set(many(lambda: client.list()))))
    """)
    assert lines == ["well"] * 6


def test_what_the_host_opens_in_their_place_stays_its_own():
    lines = run("""
        client.list()
        before = opened()
        os.closerange(3, 256)
        place = tempfile.TemporaryDirectory()
        files = [open(f"{place.name}/{number}", "w+b", buffering=0) for number in range(64)]
        names = [os.fstat(file.fileno()).st_ino for file in files]
        for round in range(3):
            print(ended(lambda: client.list()), *sorted(set(many(lambda: client.create(ORDER)))))
        client.interrupt()
        time.sleep(0.2)
        assert names == [os.fstat(file.fileno()).st_ino for file in files], "one was closed"
        assert not any(os.fstat(file.fileno()).st_size for file in files), "one was written to"
        assert len(before & {file.fileno() for file in files}) > 5
    """)
    assert lines == ["well well"] * 3


def test_closed_in_the_middle_of_calls():
    lines = run("""
        client.list()
        flete.sandbox.control("fruno", "POST", "faults", {"fault": "slow", "ms": 1500, "times": 0})
        threading.Timer(0.5, lambda: os.closerange(3, 256)).start()
        threading.Timer(1, client.interrupt).start()
        names = many(lambda: client.create(ORDER))
        print(*sorted(set(names) - {"NetworkError unknown", "TimeoutError unknown", "NetworkError none",
                                    "CancelledError unknown", "CancelledError none"}))
        flete.sandbox.control("fruno", "DELETE", "faults")
        print(ended(lambda: client.list()), *sorted(set(many(lambda: client.create(ORDER)))))
    """)
    assert lines == ["", "well well"]


@pytest.mark.parametrize("kind", ["anon_inode:[eventpoll]", "anon_inode:[eventfd]", "socket:"])
def test_some_closed(kind):
    lines = run(
        """
        client.create(ORDER)
        for number in opened():
            try:
                if os.readlink(f"/proc/self/fd/{number}").startswith(sys.argv[1]):
                    os.close(number)
            except OSError:
                pass
        for round in range(2):
            print(*sorted(set(many(lambda: client.list()))))
        print(ended(lambda: client.list()))
        print(ended(lambda: client.create(ORDER)))
        """,
        kind,
    )
    assert lines[2:] == ["well", "well"], lines


def test_each_one_closed_alone():
    lines = run("""
        client.create(ORDER)
        for number in sorted(opened() - {0, 1, 2}):
            try:
                os.close(number)
            except OSError:
                continue
            ended(lambda: client.list())
            print(ended(lambda: client.list()))
        print(ended(lambda: client.create(ORDER)))
    """)
    assert set(lines) == {"well"}, lines


USE_UP = """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        taken = []
        def use_up(left=0):
            try:
                while True:
                    taken.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                for _ in range(left):
                    os.close(taken.pop())
        def give_back():
            while taken:
                os.close(taken.pop())
        def told(work):
            try:
                work()
                return "well"
            except flete.Error as error:
                named = "too many open files" in str(error) and "ulimit -n" in str(error)
                return f"{error.code} {error.outcome} {error.retryable} {named}"
"""
NAMED = "network none True True"
NO_STATE = "state_unavailable none True True"


@pytest.mark.parametrize("used", [False, True])
def test_none_left_is_named(used):
    lines = run(
        USE_UP
        + """
        if sys.argv[1] == "True":
            # Its connection is kept; another carrier's needs a new one.
            client.list()
        other = flete.Client({"accounts": [{"carrier": "mensajeros_urbanos", "client_id": "x", "client_secret": "y",
                                            "user_id": 1, "base_url": "http://localhost:9"}], "max_attempts": 1})
        safe = flete.Client({"accounts": [{"carrier": "fruno", "account": "a", "key": "k",
                                           "base_url": "https://127.0.0.1:9"}], "max_attempts": 1})
        place = tempfile.mkdtemp()
        kept = flete.Client({**CONFIG, "state": place + "/state.db"})
        use_up()
        print(told(lambda: other.list()))
        print(told(lambda: safe.list()))
        print(told(lambda: kept.create(ORDER, idempotency_key="one")))
        print(told(lambda: flete.Client({"accounts": [{"carrier": "apunto", "token": {"file": place + "/token"}}]})))
        give_back()
        print(told(lambda: client.create(ORDER)))
        print(told(lambda: kept.create(ORDER, idempotency_key="one")))
        """,
        str(used),
    )
    # Where a call gets as far as the place of its key, it is that which can't be used just now.
    kept = NO_STATE if used else NAMED
    assert lines[:4] == [NAMED, NAMED, kept, NAMED] and lines[4:] == ["well", "well"], lines


@pytest.mark.parametrize("left", range(1, 12))
def test_a_few_left_is_named_or_works(left):
    """However few there are, a create with a key succeeds or fails with flete's error."""
    lines = run(
        USE_UP
        + """
        place = tempfile.mkdtemp()
        kept = flete.Client({**CONFIG, "state": place + "/state.db", "max_attempts": 1, "timeout_ms": 3000,
                             "settle_ms": 500})
        client.list()
        use_up(int(sys.argv[1]))
        print(told(lambda: kept.create(ORDER, idempotency_key="one")))
        give_back()
        # The first call could not give its key back: the next one waits for it.
        print(told(lambda: kept.create(ORDER, idempotency_key="one", timeout_ms=10000)))
        print(len(client.list()["shipments"]))
        """,
        str(left),
    )
    assert lines[0] in (NAMED, NO_STATE, "well") and lines[1:] == ["well", "1"], lines
