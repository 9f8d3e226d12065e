"""profiles are checked, and changed by their people"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('credential_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('what', sa.JSON(), nullable=False),
    sa.Column('issued_by', sa.JSON(), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False),
    sa.Column('seen_by', sa.String(length=120), nullable=False),
    sa.Column('seen_on', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.Column('withdrawal', sa.String(length=500), nullable=False),
    sa.Column('expiry_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('degree', 'licence', 'membership', 'employment')", name=op.f('ck_credential_check_kind')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_credential_check_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credential_check'))
    )
    with op.batch_alter_table('credential_check', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_credential_check_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_credential_check_valid_until'), ['valid_until'], unique=False)

    op.create_table('place',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('address', sa.JSON(), nullable=False),
    sa.Column('city', sa.JSON(), nullable=False),
    sa.Column('hours', sa.JSON(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_place_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place'))
    )
    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_place_person_id'), ['person_id'], unique=False)

    op.create_table('profile_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('proposed', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'accepted', 'declined', 'taken_back')", name=op.f('ck_profile_change_state')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_profile_change_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_profile_change_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_profile_change'))
    )
    with op.batch_alter_table('profile_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_profile_change_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_profile_change_state', ['state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_profile_change_user_id'), ['user_id'], unique=False)



def downgrade():
    with op.batch_alter_table('profile_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_profile_change_user_id'))
        batch_op.drop_index('ix_profile_change_state')
        batch_op.drop_index(batch_op.f('ix_profile_change_person_id'))

    op.drop_table('profile_change')
    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_place_person_id'))

    op.drop_table('place')
    with op.batch_alter_table('credential_check', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_credential_check_valid_until'))
        batch_op.drop_index(batch_op.f('ix_credential_check_person_id'))

    op.drop_table('credential_check')
