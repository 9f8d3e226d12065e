"""the editor"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('working_copy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('bases', sa.JSON(), nullable=False),
    sa.Column('form', sa.JSON(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_working_copy_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_working_copy_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_working_copy')),
    sa.UniqueConstraint('content_id', 'user_id', name=op.f('uq_working_copy_content_id_user_id'))
    )
    with op.batch_alter_table('working_copy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_working_copy_kept_at'), ['kept_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_working_copy_user_id'), ['user_id'], unique=False)

    with op.batch_alter_table('content', schema=None) as batch_op:
        batch_op.add_column(sa.Column('touched_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('binned_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('binned_texts', sa.JSON(), nullable=True))

    content = sa.table('content', sa.column('touched_at'), sa.column('created_at'), sa.column('binned_texts', sa.JSON()))
    op.execute(content.update().values(touched_at=content.c.created_at, binned_texts={}))

    with op.batch_alter_table('content', schema=None) as batch_op:
        batch_op.alter_column('touched_at', existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column('binned_texts', existing_type=sa.JSON(), nullable=False)
        batch_op.create_index(batch_op.f('ix_content_binned_at'), ['binned_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_content_touched_at'), ['touched_at'], unique=False)
        batch_op.create_index('ix_content_kind_touched_at', ['kind', 'touched_at'], unique=False)

    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_review_next_due'), ['next_due'], unique=False)

    with op.batch_alter_table('section', schema=None) as batch_op:
        batch_op.add_column(sa.Column('outdated_by_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_section_outdated_by_id'), ['outdated_by_id'], unique=False)
        batch_op.drop_constraint(batch_op.f('fk_section_matched_revision_id_revision'), type_='foreignkey')
        batch_op.create_foreign_key(batch_op.f('fk_section_outdated_by_id_revision'), 'revision', ['outdated_by_id'], ['id'], ondelete='SET NULL')
        batch_op.drop_column('matched_revision_id')



def downgrade():
    with op.batch_alter_table('section', schema=None) as batch_op:
        batch_op.add_column(sa.Column('matched_revision_id', sa.INTEGER(), nullable=True))
        batch_op.drop_constraint(batch_op.f('fk_section_outdated_by_id_revision'), type_='foreignkey')
        batch_op.create_foreign_key(batch_op.f('fk_section_matched_revision_id_revision'), 'revision', ['matched_revision_id'], ['id'], ondelete='SET NULL')
        batch_op.drop_index(batch_op.f('ix_section_outdated_by_id'))
        batch_op.drop_column('outdated_by_id')

    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_next_due'))
        batch_op.drop_column('reminded_at')

    with op.batch_alter_table('content', schema=None) as batch_op:
        batch_op.drop_index('ix_content_kind_touched_at')
        batch_op.drop_index(batch_op.f('ix_content_touched_at'))
        batch_op.drop_index(batch_op.f('ix_content_binned_at'))
        batch_op.drop_column('binned_texts')
        batch_op.drop_column('binned_at')
        batch_op.drop_column('touched_at')

    with op.batch_alter_table('working_copy', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_working_copy_user_id'))
        batch_op.drop_index(batch_op.f('ix_working_copy_kept_at'))

    op.drop_table('working_copy')
