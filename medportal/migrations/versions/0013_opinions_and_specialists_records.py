"""opinions and specialists records"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('drug_update',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('external_id', sa.String(length=80), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('generic', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('issuer', sa.String(length=200), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('summary', sa.JSON(), nullable=True),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('touched_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('label', 'approval', 'warning', 'recall', 'other')", name=op.f('ck_drug_update_kind')),
    sa.CheckConstraint("origin IN ('own', 'sample', 'imported')", name=op.f('ck_drug_update_origin')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_drug_update')),
    sa.UniqueConstraint('external_id', name=op.f('uq_drug_update_external_id'))
    )
    with op.batch_alter_table('drug_update', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_drug_update_touched_at'), ['touched_at'], unique=False)

    op.create_table('trial',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('register', sa.String(length=60), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=400), nullable=False),
    sa.Column('status', sa.String(length=30), nullable=True),
    sa.Column('status_as_of', sa.Date(), nullable=True),
    sa.Column('phase', sa.String(length=40), nullable=False),
    sa.Column('conditions', sa.JSON(), nullable=False),
    sa.Column('countries', sa.JSON(), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('touched_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("origin IN ('own', 'sample', 'imported')", name=op.f('ck_trial_origin')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trial')),
    sa.UniqueConstraint('register', 'number', name=op.f('uq_trial_register_number'))
    )
    with op.batch_alter_table('trial', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_trial_number'), ['number'], unique=False)
        batch_op.create_index(batch_op.f('ix_trial_touched_at'), ['touched_at'], unique=False)

    op.create_table('content_drug',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('drug_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_content_drug_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['drug_id'], ['drug_update.id'], name=op.f('fk_content_drug_drug_id_drug_update'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', 'drug_id', name=op.f('pk_content_drug'))
    )
    with op.batch_alter_table('content_drug', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_content_drug_drug_id'), ['drug_id'], unique=False)

    op.create_table('content_trial',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('trial_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_content_trial_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trial_id'], ['trial.id'], name=op.f('fk_content_trial_trial_id_trial'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', 'trial_id', name=op.f('pk_content_trial'))
    )
    with op.batch_alter_table('content_trial', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_content_trial_trial_id'), ['trial_id'], unique=False)

    op.create_table('opinion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=True),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=True),
    sa.Column('interests', sa.JSON(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('touched_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("origin IN ('own', 'sample')", name=op.f('ck_opinion_origin')),
    sa.CheckConstraint("status IN ('draft', 'published')", name=op.f('ck_opinion_status')),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_opinion_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_opinion_person_id_person'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opinion')),
    sa.UniqueConstraint('key', name=op.f('uq_opinion_key'))
    )
    with op.batch_alter_table('opinion', schema=None) as batch_op:
        batch_op.create_index('ix_opinion_content_id_position', ['content_id', 'position'], unique=False)
        batch_op.create_index(batch_op.f('ix_opinion_person_id'), ['person_id'], unique=False)

    op.create_table('opinion_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('opinion_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['opinion_id'], ['opinion.id'], name=op.f('fk_opinion_text_opinion_id_opinion'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opinion_text')),
    sa.UniqueConstraint('opinion_id', 'lang', name=op.f('uq_opinion_text_opinion_id_lang'))
    )
    with op.batch_alter_table('opinion_text', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_opinion_text_policy_version'), ['policy_version'], unique=False)

    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('superseded', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE listing SET superseded = true WHERE content_id IN "
        "(SELECT id FROM content WHERE superseded_by_id IS NOT NULL)"
    )



def downgrade():
    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.drop_column('superseded')

    with op.batch_alter_table('opinion_text', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_opinion_text_policy_version'))

    op.drop_table('opinion_text')
    with op.batch_alter_table('opinion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_opinion_person_id'))
        batch_op.drop_index('ix_opinion_content_id_position')

    op.drop_table('opinion')
    with op.batch_alter_table('content_trial', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_content_trial_trial_id'))

    op.drop_table('content_trial')
    with op.batch_alter_table('content_drug', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_content_drug_drug_id'))

    op.drop_table('content_drug')
    with op.batch_alter_table('trial', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_trial_touched_at'))
        batch_op.drop_index(batch_op.f('ix_trial_number'))

    op.drop_table('trial')
    with op.batch_alter_table('drug_update', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_drug_update_touched_at'))

    op.drop_table('drug_update')
