"""How gunicorn serves the portal, here and on a server. Decision 19 says why."""

import os

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Copies share what none of them changes; of a single one, the original would be kept for nothing.
preload_app = workers > 1
worker_class = "gthread"
threads = 16
keepalive = 75
forwarder_headers = ""
control_socket_disable = True
loglevel = "warning"
