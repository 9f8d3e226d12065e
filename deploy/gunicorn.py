"""How gunicorn serves the portal, here and on a server. Decisions 19 and 21 say why.

WEB_CONCURRENCY: how many processes make pages. WEB_JOBS: 1, jobs are done here; "apart", in a service of their own on this
machine; 0, elsewhere.
"""

import os
import signal
import threading
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A copy of the process that made the portal: for pages, or for the mail and the recurring work."""

    does_jobs = False

    def run(self) -> None:
        if not self.does_jobs:
            super().run()
            return
        from medportal.jobs import Loop  # noqa: PLC0415  # not before the portal is made

        loop = Loop()
        signal.signal(signal.SIGQUIT, loop.stop)
        threading.Thread(target=self._live, args=(loop,), daemon=True).start()
        with self.wsgi.app_context():
            loop.run()

    def _live(self, loop: Any) -> None:
        """gunicorn ends who says nothing for half a minute, and a backup may take longer."""
        while not loop.stopped:
            self.notify()
            if not self.is_parent_alive():
                loop.stop()
            time.sleep(1)


def pre_fork(server: Any, worker: Worker) -> None:
    """One of each full set does jobs: at SIGHUP the old set is still there while the new one is made."""
    others = sorted(server.WORKERS.values(), key=lambda other: other.age)[1 - workers :]
    worker.does_jobs = _jobs and not any(other.does_jobs for other in others)


_jobs = os.environ.get("WEB_JOBS", "1") == "1"
workers = int(os.environ.get("WEB_CONCURRENCY", "2")) + _jobs
# Copies share what none of them changes; of a single one, the original would be kept for nothing.
preload_app = workers > 1
worker_class = Worker
threads = 16
keepalive = 75
forwarder_headers = ""
control_socket_disable = True
loglevel = "warning"
