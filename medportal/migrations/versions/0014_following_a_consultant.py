"""following a consultant"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = "0013"
branch_labels = None
depends_on = None

BEFORE = (
    "(what = 'kind' AND kind IS NOT NULL) OR (what IN ('within', 'category') AND category_id IS NOT NULL)"
    " OR (what = 'content' AND content_id IS NOT NULL)"
)
AFTER = BEFORE + " OR (what = 'person' AND person_id IS NOT NULL)"


def upgrade():
    with op.batch_alter_table('follow', schema=None) as batch_op:
        batch_op.add_column(sa.Column('person_id', sa.Integer(), nullable=True))
        batch_op.drop_constraint(batch_op.f('ck_follow_target'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_follow_target'), AFTER)
        batch_op.create_unique_constraint(batch_op.f('uq_follow_subscriber_id_person_id'), ['subscriber_id', 'person_id'])
        batch_op.create_foreign_key(batch_op.f('fk_follow_person_id_person'), 'person', ['person_id'], ['id'], ondelete='CASCADE')
        batch_op.create_index(batch_op.f('ix_follow_person_id'), ['person_id'], unique=False)


def downgrade():
    op.execute("DELETE FROM follow WHERE what = 'person'")
    with op.batch_alter_table('follow', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_follow_person_id'))
        batch_op.drop_constraint(batch_op.f('fk_follow_person_id_person'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_follow_subscriber_id_person_id'), type_='unique')
        batch_op.drop_constraint(batch_op.f('ck_follow_target'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_follow_target'), BEFORE)
        batch_op.drop_column('person_id')
