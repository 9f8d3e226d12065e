"""the library of pictures"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

IN_PART = "html LIKE '%/media/%'"
IN_TREATMENT = "(how_it_works || benefit || risk || without_it || quality_of_life || uncertainty) LIKE '%/media/%'"


def upgrade():
    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.add_column(sa.Column('stem', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('widths', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('size', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('fingerprint', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('original', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('decorative', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('words', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('uploaded_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('binned_at', sa.DateTime(timezone=True), nullable=True))

    media = sa.table('media', sa.column('id', sa.Integer), sa.column('alt', sa.JSON), sa.column('source', sa.String),
        sa.column('widths', sa.JSON), sa.column('size', sa.Integer), sa.column('original', sa.String),
        sa.column('decorative', sa.Boolean), sa.column('words', sa.Text), sa.column('uploaded_by', sa.String))
    bind = op.get_bind()
    for row in bind.execute(sa.select(media.c.id, media.c.alt, media.c.source)).all():
        words = ' '.join([*(row.alt or {}).values(), row.source]).lower()
        bind.execute(sa.update(media).where(media.c.id == row.id).values(
            widths=[], size=0, original='', decorative=not row.alt, words=words, uploaded_by=''))

    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.alter_column('widths', existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column('size', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('original', existing_type=sa.String(length=200), nullable=False)
        batch_op.alter_column('decorative', existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column('words', existing_type=sa.Text(), nullable=False)
        batch_op.alter_column('uploaded_by', existing_type=sa.String(length=80), nullable=False)
        batch_op.create_unique_constraint(batch_op.f('uq_media_stem'), ['stem'])
        batch_op.create_index(batch_op.f('ix_media_fingerprint'), ['fingerprint'], unique=False)
        batch_op.create_index(batch_op.f('ix_media_binned_at'), ['binned_at'], unique=False)

    op.create_index('ix_part_pictures', 'part', ['section_id'], unique=False,
        sqlite_where=sa.text(IN_PART), postgresql_where=sa.text(IN_PART))
    op.create_index('ix_treatment_text_pictures', 'treatment_text', ['treatment_id'], unique=False,
        sqlite_where=sa.text(IN_TREATMENT), postgresql_where=sa.text(IN_TREATMENT))


def downgrade():
    op.drop_index('ix_treatment_text_pictures', table_name='treatment_text')
    op.drop_index('ix_part_pictures', table_name='part')
    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_media_binned_at'))
        batch_op.drop_index(batch_op.f('ix_media_fingerprint'))
        batch_op.drop_constraint(batch_op.f('uq_media_stem'), type_='unique')
        for name in ('binned_at', 'uploaded_by', 'words', 'decorative', 'original', 'fingerprint', 'size', 'widths', 'stem'):
            batch_op.drop_column(name)
