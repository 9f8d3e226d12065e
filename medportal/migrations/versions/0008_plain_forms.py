"""emergency numbers, former slugs of categories, content that waits to be renewed"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('emergency_number',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('service', sa.String(length=10), nullable=False),
    sa.Column('number', sa.String(length=30), nullable=False),
    sa.Column('note', sa.JSON(), nullable=True),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('source_url', sa.String(length=500), nullable=True),
    sa.Column('checked_on', sa.Date(), nullable=True),
    sa.CheckConstraint("service IN ('ambulance', 'emergency', 'poison', 'crisis')", name=op.f('ck_emergency_number_service')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency_number')),
    sa.UniqueConstraint('country', 'service', 'number', name=op.f('uq_emergency_number_country_service_number'))
    )
    with op.batch_alter_table('emergency_number', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_emergency_number_checked_on'), ['checked_on'], unique=False)

    op.create_table('category_alias',
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('category_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_category_alias_category_id_category'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('slug', name=op.f('pk_category_alias'))
    )
    with op.batch_alter_table('category_alias', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_category_alias_category_id'), ['category_id'], unique=False)

    op.create_table('renewal',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_renewal_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', name=op.f('pk_renewal'))
    )


def downgrade():
    op.drop_table('renewal')
    with op.batch_alter_table('category_alias', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_category_alias_category_id'))

    op.drop_table('category_alias')
    with op.batch_alter_table('emergency_number', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_emergency_number_checked_on'))

    op.drop_table('emergency_number')
