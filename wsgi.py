"""What the web server serves: made once by its main process, of which the workers are copies (`--preload`)."""

import gc

gc.disable()  # of all that is made until the first page nothing is thrown away: looking through it took a third of the start

from medportal import create_app, damage, warm  # noqa: E402
from medportal.extensions import db  # noqa: E402

app = create_app()
with app.app_context():
    damage.guard()
warm.warm(app)
with app.app_context():
    db.engine.dispose()  # a connection must not be known on both sides of a fork
gc.freeze()  # what lives as long as the process is never looked through: that stopped readers for a tenth of a second
gc.enable()
