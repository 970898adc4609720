"""Keeps SIGPIPE from a program that took it back from Python, which ignores it, as programs in pipelines do
(`signal.signal(SIGPIPE, SIG_DFL)`): a carrier that resets a connection must not end it.

As in the C ABI (ffi/src/sigpipe.rs), the signal is blocked in this thread for the length of a call, and one that came
meanwhile is taken off again.
"""

from contextlib import contextmanager
from signal import SIG_BLOCK, SIG_IGN, SIG_UNBLOCK, SIGPIPE, getsignal, pthread_sigmask, sigpending, sigwait
from typing import Iterator


def wanted() -> bool:
    """Whether SIGPIPE isn't ignored, so that it must be held back."""
    return getsignal(SIGPIPE) is not SIG_IGN


@contextmanager
def held_back() -> Iterator[None]:
    # If the program itself blocks SIGPIPE, a pending one stays.
    ours = SIGPIPE not in pthread_sigmask(SIG_BLOCK, ())
    try:
        # Inside `try`: it runs other signals' handlers, which may raise after the mask has changed.
        if ours:
            pthread_sigmask(SIG_BLOCK, {SIGPIPE})
        yield
    finally:
        if ours:
            if SIGPIPE in sigpending():
                sigwait({SIGPIPE})
            pthread_sigmask(SIG_UNBLOCK, {SIGPIPE})
