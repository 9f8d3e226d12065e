import gc

from medportal import create_app, damage, warm

app = create_app()
with app.app_context():
    damage.guard()
warm.warm(app)
gc.collect()
gc.freeze()  # what lives as long as the process need not be looked through again: it stops readers for a tenth of a second
