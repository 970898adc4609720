"""A client among threads, forks and signals; and what it costs in memory."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import flete
import pytest
from conftest import CONFIG, ORDER

PRELUDE = f"""
import flete, os, signal, sys, threading, time
# A shell that runs the tests in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
client = flete.Client({CONFIG!r})
client.list(account="cr")
flete.sandbox.control("fruno", "POST", "faults", {{"fault": "slow", "ms": 20000, "times": 0}})
"""


def script(body):
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupt(program):
    """Ctrl-C, once it says that it waits; gives the milliseconds until it ended, and what it wrote."""
    assert program.stdout.readline() == "waiting\n", program.stderr.read()
    time.sleep(0.3)
    started = time.monotonic()
    program.send_signal(signal.SIGINT)
    try:
        out, err = program.communicate(timeout=10)
    finally:
        program.kill()
    return (time.monotonic() - started) * 1000, out, err


def test_ctrl_c_ends_a_call_within_200_ms():
    program = script("""
        print("waiting", flush=True)
        try:
            client.list(account="cr")
        except KeyboardInterrupt as error:
            print(time.monotonic(), type(error.__cause__).__name__, error.__cause__.outcome, flush=True)
            os._exit(7)
    """)
    pressed = time.monotonic()
    took, out, err = interrupt(program)
    assert program.returncode == 7, err
    caught, cause, outcome = out.split()
    # One clock for all processes; 300 ms of it is the wait before the key is pressed.
    assert took < 200 and float(caught) > pressed
    assert (cause, outcome) == ("CancelledError", "none")


def test_ctrl_c_that_nobody_catches_ends_the_program():
    program = script("""
        print("waiting", flush=True)
        client.list(account="cr")
    """)
    took, _, err = interrupt(program)
    assert program.returncode == -signal.SIGINT, err
    assert "KeyboardInterrupt" in err and took < 1000


def test_a_lost_create_is_told_with_the_interrupt():
    program = script("""
        client = flete.Client({**%r, "timeout_ms": 15000})
        flete.sandbox.control("fruno", "DELETE", "faults")
        flete.sandbox.control("fruno", "POST", "faults",
                              {"fault": "slow_after", "ms": 20000, "operation": "POST /v1/paquetes"})
        print("waiting", flush=True)
        try:
            client.create(%r)
        except KeyboardInterrupt as error:
            print(error.__cause__.outcome)
    """ % (CONFIG, ORDER))
    _, out, err = interrupt(program)
    assert out == "unknown\n", err


def test_a_signal_handler_that_returns_lets_the_call_go_on():
    program = script("""
        signal.signal(signal.SIGINT, lambda *_: print("seen", flush=True))
        print("waiting", flush=True)
        try:
            client.list(account="cr", timeout_ms=1500)
        except flete.TimeoutError:
            print("timeout")
    """)
    _, out, err = interrupt(program)
    assert out == "seen\ntimeout\n", err


def test_ctrl_c_while_a_log_line_is_written_is_not_lost():
    program = script("""
        import logging
        class Slow(logging.Handler):
            def emit(self, record):
                print("waiting", flush=True)
                time.sleep(10)
        flete.sandbox.control("fruno", "DELETE", "faults")
        logging.getLogger("flete").addHandler(Slow())
        logging.getLogger("flete").setLevel(logging.DEBUG)
        try:
            client.list(account="cr")
        except KeyboardInterrupt:
            print("interrupted")
    """)
    took, out, err = interrupt(program)
    assert out == "interrupted\n" and took < 1000, err


def test_a_shipment_that_was_made_is_told_with_an_interrupt_that_came_last():
    program = script("""
        import logging
        class Last(logging.Handler):
            def emit(self, record):
                if "parcels.create: 201" in record.getMessage():
                    print("waiting", flush=True)
                    time.sleep(10)
        flete.sandbox.control("fruno", "DELETE", "faults")
        logging.getLogger("flete").addHandler(Last())
        logging.getLogger("flete").setLevel(logging.DEBUG)
        try:
            client.create(%r)
        except KeyboardInterrupt as error:
            print(type(error.__cause__).__name__, error.__cause__.outcome, error.__cause__.created["id"])
    """ % ORDER)
    _, out, err = interrupt(program)
    assert out == "CancelledError done FR000000001\n", err


def test_sigpipe_does_not_end_a_program_that_took_it_back():
    program = script("""
        import logging
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        class Breaks(logging.Handler):  # as a carrier that resets would, in the middle of a call
            def emit(self, record):
                read, write = os.pipe()
                os.close(read)
                try:
                    os.write(write, b"x")
                except BrokenPipeError:
                    print("broken")
                os.close(write)
        flete.sandbox.control("fruno", "DELETE", "faults")
        logging.getLogger("flete").addHandler(Breaks())
        logging.getLogger("flete").setLevel(logging.DEBUG)
        client.list(account="cr")
        assert signal.SIGPIPE not in signal.pthread_sigmask(signal.SIG_BLOCK, ()) | signal.sigpending()
        # One that it blocks itself, and that is pending, stays its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        client.list(account="cr")
        assert signal.SIGPIPE in signal.pthread_sigmask(signal.SIG_BLOCK, ()) & signal.sigpending()
    """)
    out, err = program.communicate(timeout=20)
    assert (program.returncode, err) == (0, "") and out.count("broken\n") >= 2


def test_other_threads_run_during_a_call(client, fruno):
    fruno("faults", {"fault": "slow", "ms": 400})
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    client.list(account="cr")
    done.set()
    thread.join()
    assert len(ticks) > 30
    assert max(b - a for a, b in zip(ticks, ticks[1:])) < 0.2


def test_many_threads_on_one_client(client, fruno):
    fruno("settings", {"latency_ms": 50})
    made, failed = [], []

    def shop(number):
        try:
            made.append(client.create(ORDER, reference=f"order-{number}")["reference"])
        except flete.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=shop, args=(number,)) for number in range(24)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and sorted(made) == sorted(f"order-{number}" for number in range(24))
    # One after the other it would be 24 × at least two requests of 50 ms.
    assert time.monotonic() - started < 2.0


def in_child(work):
    """Run it in a forked child; gives its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    for _ in range(1000):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_before_and_after_the_first_call(fruno):
    with flete.Client(CONFIG) as client:
        assert in_child(lambda: client.create(ORDER)) == 0
        client.create(ORDER)
        assert in_child(lambda: client.create(ORDER)) == 0
        client.create(ORDER)
        assert in_child(lambda: client.track(id="FR404")) == 1

        def child_and_grandchild():
            client.create(ORDER)
            assert in_child(lambda: client.create(ORDER)) == 0

        assert in_child(child_and_grandchild) == 0
        assert client.track(id="FR000000001")["status"] == "pre_transit"
    assert len(fruno("shipments", method="GET")["shipments"]) == 6


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_processes_sign_with_times_of_their_own(client, fruno):
    client.list(account="cr")
    for _ in range(4):
        assert in_child(lambda: client.list(account="cr")) == 0
    times = [request["headers"]["x-fr-hora"] for request in fruno("requests", method="GET")["recent"]]
    # The last three digits are a process's: two of them in the same microsecond still differ. Beside the children's
    # there are this process's, which may be one of theirs by chance; that of an earlier test's thread may come late.
    assert len({at[-4:-1] for at in times}) >= 4


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_while_another_thread_is_in_a_call(client, fruno):
    fruno("faults", {"fault": "slow", "ms": 500})
    thread = threading.Thread(target=client.list, kwargs={"account": "cr"})
    thread.start()
    time.sleep(0.1)
    assert in_child(lambda: client.create(ORDER)) == 0
    thread.join()
    assert client.list(account="cr")["shipments"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_keeps_the_keys_that_its_parent_had_in_memory(fruno):
    with flete.Client({**CONFIG, "settle_ms": 0}) as client:
        made = client.create(ORDER, idempotency_key="before-the-fork")

        def child():
            again = client.create(ORDER, idempotency_key="before-the-fork")
            assert again["replayed"] and again["id"] == made["id"]
            assert client.create(ORDER, idempotency_key="in-the-child")["replayed"] is False

        assert in_child(child) == 0
        assert client.create(ORDER, idempotency_key="after-the-fork")["replayed"] is False
    assert len(fruno("shipments", method="GET")["shipments"]) == 3


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_key_that_the_parent_is_using_is_no_second_shipment_in_a_child(fruno):
    with flete.Client({**CONFIG, "settle_ms": 200}) as client:
        client.create(ORDER)
        fruno("faults", {"fault": "slow", "ms": 700, "operation": "POST /v1/paquetes"})
        thread = threading.Thread(target=client.create, args=(ORDER,), kwargs={"idempotency_key": "k", "timeout_ms": 2000})
        thread.start()
        time.sleep(0.2)

        def child():
            # The parent must have ended (its deadline, and a margin) before the child looks what became of it.
            again = client.create(ORDER, idempotency_key="k", timeout_ms=15000)
            assert again["replayed"]

        assert in_child(child) == 0
        thread.join()
    assert len(fruno("shipments", method="GET")["shipments"]) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forks_in_the_middle_of_many_creates_never_hang(fruno):
    stop = threading.Event()

    def busy():
        number = 0
        while not stop.is_set():
            number += 1
            client.create(ORDER, idempotency_key=f"busy-{threading.get_ident()}-{number}")

    with flete.Client(CONFIG) as client:
        threads = [threading.Thread(target=busy) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for number in range(20):
                assert in_child(lambda: client.create(ORDER, idempotency_key=f"child-{number}")) == 0
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def test_a_machine_without_a_thread_to_spare_is_an_error_of_ours(tmp_path):
    os.chmod(tmp_path, 0o777)
    program = script("""
        import resource
        if os.getuid() == 0:  # whom the limit doesn't bind
            os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        flete.sandbox.control("fruno", "DELETE", "faults")
        try:
            flete.Client({**%r, "state": %r}).create(%r, idempotency_key="k")
        except flete.InternalError as error:
            print(error.outcome)
    """ % (CONFIG, str(tmp_path / "state.db"), ORDER))
    out, err = program.communicate(timeout=20)
    # What became of the key can't be looked up.
    assert out == "unknown\n", err


inherited = None


def work(id):
    return inherited.track(id=id)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_workers_of_multiprocessing_use_what_they_inherit_and_send_its_errors_back(client):
    global inherited
    inherited = client
    client.list(account="cr")
    with multiprocessing.get_context("fork").Pool(3) as pool:
        for answer in [pool.apply_async(work, (f"FR40{number}",)) for number in range(6)]:
            with pytest.raises(flete.NotFoundError) as raised:
                answer.get(timeout=20)
            assert raised.value.http_status == 404


def resident():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the memory of a process is read from /proc")
def test_failing_calls_leave_nothing_behind(client):
    def fail(times):  # two calls each
        for _ in range(times):
            try:
                client.quote(origin={}, parcels=[{"wieght": 1}])
            except flete.InvalidRequestError:
                pass
            try:
                flete.Client({"accounts": [{"carrier": "fruno"}]})
            except flete.InvalidConfigError:
                pass

    fail(1_000)
    gc.collect()
    before = resident()
    fail(10_000)
    gc.collect()
    assert resident() - before < 4 * 1024 * 1024


@pytest.mark.parametrize("kib", [32, 48, 64, 72, 80, 128])
def test_a_thread_with_a_small_stack(kib):
    program = [sys.executable, str(Path(__file__).with_name("small_stack.py")), str(kib)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, f"{kib} KiB: all of it\n"), ended.stderr


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_waits_until_no_thread_is_inside_the_state_file(tmp_path):
    account = {"carrier": "fruno", "environment": "sandbox"}
    with flete.Client({"accounts": [account], "state": str(tmp_path / "state.db")}) as client:
        client.create({**ORDER, "account": "fruno"}, idempotency_key="first")
        done = threading.Event()

        def busy():
            while not done.is_set():
                client.keys()

        threads = [threading.Thread(target=busy) for _ in range(4)]
        for thread in threads:
            thread.start()
        ended = []
        for round in range(30):
            child = os.fork()
            if child == 0:
                try:
                    os._exit(0 if client.create({**ORDER, "account": "fruno"}, idempotency_key="first")["replayed"] else 2)
                finally:
                    os._exit(1)
            ended.append(os.waitpid(child, 0)[1])
        done.set()
        for thread in threads:
            thread.join()
        assert ended == [0] * 30
        assert client.keys()["keys"][0]["status"] == "done"
