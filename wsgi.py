from medportal import create_app

app = create_app()
