"""search"""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def _by_code_point(length):
    return sa.String(length=length).with_variant(sa.String(length=length, collation='C'), 'postgresql')


def upgrade():
    op.create_table('glossary_concept',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('head', sa.String(length=200), nullable=False),
    sa.Column('shipped', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_glossary_concept')),
    sa.UniqueConstraint('head', name=op.f('uq_glossary_concept_head'))
    )
    op.create_table('missed_search',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('text', sa.String(length=60), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('dismissed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_missed_search')),
    sa.UniqueConstraint('lang', 'text', name=op.f('uq_missed_search_lang_text'))
    )
    with op.batch_alter_table('missed_search', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_missed_search_days'), ['days'], unique=False)
        batch_op.create_index(batch_op.f('ix_missed_search_last_on'), ['last_on'], unique=False)

    op.create_table('search_name',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('text', sa.String(length=400), nullable=False),
    sa.Column('words', _by_code_point(400), nullable=False),
    sa.Column('key', _by_code_point(400), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_name'))
    )
    with op.batch_alter_table('search_name', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_name_content_id'), ['content_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_search_name_key'), ['key'], unique=False)
        batch_op.create_index(
            'ix_search_name_words',
            ['words'],
            sqlite_where=sa.text("kind <> 'glossary'"),
            postgresql_where=sa.text("kind <> 'glossary'"),
        )

    op.create_table('search_section',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('key', sa.String(length=30), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_section'))
    )
    with op.batch_alter_table('search_section', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_section_content_id'), ['content_id'], unique=False)

    op.create_table('search_state',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('analysis', sa.Integer(), nullable=False),
    sa.Column('glossary', sa.String(length=64), nullable=False),
    sa.Column('names', sa.Integer(), nullable=False),
    sa.Column('name_stems', sa.BigInteger(), nullable=False),
    sa.Column('sections', sa.Integer(), nullable=False),
    sa.Column('section_stems', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_state'))
    )
    op.create_table('search_term',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('term', _by_code_point(41), nullable=False),
    sa.Column('names', sa.Integer(), nullable=False),
    sa.Column('sections', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_term')),
    sa.UniqueConstraint('term', name=op.f('uq_search_term_term'))
    )
    op.create_table('search_variant',
    sa.Column('hash', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('term_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('hash', 'term_id', name=op.f('pk_search_variant')),
    sqlite_with_rowid=False
    )
    op.create_table('glossary_word',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('concept_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('key', _by_code_point(400), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('region', sa.String(length=20), nullable=False),
    sa.Column('source', sa.String(length=120), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['concept_id'], ['glossary_concept.id'], name=op.f('fk_glossary_word_concept_id_glossary_concept'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_glossary_word')),
    sa.UniqueConstraint('concept_id', 'lang', 'text', name=op.f('uq_glossary_word_concept_id_lang_text'))
    )
    with op.batch_alter_table('glossary_word', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_glossary_word_key'), ['key'], unique=False)

    for table in ('search_name_fts', 'search_section_fts'):
        if op.get_bind().dialect.name == 'sqlite':
            op.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5(stems, content='', "
                'tokenize="unicode61 remove_diacritics 0")'
            )
        else:
            op.execute(f'CREATE TABLE {table} (id integer PRIMARY KEY, stems text NOT NULL, tsv tsvector NOT NULL)')
            op.execute(f'CREATE INDEX ix_{table} ON {table} USING gin (tsv)')


def downgrade():
    op.execute('DROP TABLE search_section_fts')
    op.execute('DROP TABLE search_name_fts')
    with op.batch_alter_table('glossary_word', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_glossary_word_key'))

    op.drop_table('glossary_word')
    op.drop_table('search_variant')
    op.drop_table('search_term')
    op.drop_table('search_state')
    with op.batch_alter_table('search_section', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_search_section_content_id'))

    op.drop_table('search_section')
    with op.batch_alter_table('search_name', schema=None) as batch_op:
        batch_op.drop_index('ix_search_name_words')
        batch_op.drop_index(batch_op.f('ix_search_name_key'))
        batch_op.drop_index(batch_op.f('ix_search_name_content_id'))

    op.drop_table('search_name')
    with op.batch_alter_table('missed_search', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_missed_search_last_on'))
        batch_op.drop_index(batch_op.f('ix_missed_search_days'))

    op.drop_table('missed_search')
    op.drop_table('glossary_concept')
