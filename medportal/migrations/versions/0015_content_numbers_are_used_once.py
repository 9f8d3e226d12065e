"""content numbers are used once; a question knows no country; the index forgets"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_column("question", "country")  # the database's own statement: a copied table would lose what it was told
    op.add_column(
        "search_state", sa.Column("untidy", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _copy_content({"sqlite_autoincrement": True})


def downgrade():
    _copy_content({})
    op.drop_column("search_state", "untidy")
    op.add_column("question", sa.Column("country", sa.String(2), nullable=True))


def _copy_content(kwargs):
    """Short addresses hold a number, which must not lead to another page once its page is gone."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table(
            "content", recreate="always", table_kwargs=kwargs
        ):
            pass
