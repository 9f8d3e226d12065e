"""people have profiles"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('person_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('biography', sa.Text(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_person_text_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_text')),
    sa.UniqueConstraint('lang', 'slug', name=op.f('uq_person_text_lang_slug')),
    sa.UniqueConstraint('person_id', 'lang', name=op.f('uq_person_text_person_id_lang'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('key', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('user_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('listed', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('gender', sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column('rank', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('languages', sa.JSON(), server_default='[]', nullable=False))
        batch_op.create_check_constraint(batch_op.f('ck_person_gender'), "gender IN ('feminine', 'masculine')")
        batch_op.create_index(batch_op.f('ix_person_listed'), ['listed'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_person_key'), ['key'])
        batch_op.create_unique_constraint(batch_op.f('uq_person_user_id'), ['user_id'])
        batch_op.create_foreign_key(batch_op.f('fk_person_user_id_user'), 'user', ['user_id'], ['id'], ondelete='SET NULL')



def downgrade():
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_person_user_id_user'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('ck_person_gender'), type_='check')
        batch_op.drop_constraint(batch_op.f('uq_person_user_id'), type_='unique')
        batch_op.drop_constraint(batch_op.f('uq_person_key'), type_='unique')
        batch_op.drop_index(batch_op.f('ix_person_listed'))
        batch_op.drop_column('languages')
        batch_op.drop_column('rank')
        batch_op.drop_column('gender')
        batch_op.drop_column('listed')
        batch_op.drop_column('user_id')
        batch_op.drop_column('key')

    op.drop_table('person_text')
