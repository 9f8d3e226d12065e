"""house and content"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY_SQLITE = """
CREATE TRIGGER audit_no_{event} BEFORE {event} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
"""
APPEND_ONLY_POSTGRESQL = """
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$
"""


def protect_audit():
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY_SQLITE.format(event=event))
    else:
        op.execute(APPEND_ONLY_POSTGRESQL)
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
        )


def upgrade():
    op.create_table('audit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('object_type', sa.String(length=40), nullable=False),
    sa.Column('object_id', sa.Integer(), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_at'), ['at'], unique=False)
        batch_op.create_index('ix_audit_object', ['object_type', 'object_id'], unique=False)

    op.create_table('category',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('icd10_range', sa.String(length=60), nullable=True),
    sa.ForeignKeyConstraint(['parent_id'], ['category.id'], name=op.f('fk_category_parent_id_category'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_category')),
    sa.UniqueConstraint('slug', name=op.f('uq_category_slug'))
    )
    with op.batch_alter_table('category', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_category_parent_id'), ['parent_id'], unique=False)

    op.create_table('content',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=True),
    sa.Column('source_lang', sa.String(length=8), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('origin_source', sa.String(length=80), nullable=True),
    sa.Column('superseded_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("origin IN ('own', 'sample', 'imported')", name=op.f('ck_content_origin')),
    sa.ForeignKeyConstraint(['superseded_by_id'], ['content.id'], name=op.f('fk_content_superseded_by_id_content'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_content')),
    sa.UniqueConstraint('key', name=op.f('uq_content_key'))
    )
    with op.batch_alter_table('content', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_content_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_content_superseded_by_id'), ['superseded_by_id'], unique=False)

    op.create_table('media',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('mime', sa.String(length=40), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('alt', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('licence', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media')),
    sa.UniqueConstraint('name', name=op.f('uq_media_name'))
    )
    op.create_table('rate_bucket',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('slot', sa.BigInteger(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('expires', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('key', 'slot', name=op.f('pk_rate_bucket'))
    )
    with op.batch_alter_table('rate_bucket', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rate_bucket_expires'), ['expires'], unique=False)

    op.create_table('setting',
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_setting'))
    )
    op.create_table('site_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_version'))
    )
    op.create_table('specialty',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('schema_org', sa.String(length=60), nullable=True),
    sa.ForeignKeyConstraint(['parent_id'], ['specialty.id'], name=op.f('fk_specialty_parent_id_specialty'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_specialty')),
    sa.UniqueConstraint('slug', name=op.f('uq_specialty_slug'))
    )
    with op.batch_alter_table('specialty', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_specialty_parent_id'), ['parent_id'], unique=False)

    op.create_table('symptom',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_symptom')),
    sa.UniqueConstraint('key', name=op.f('uq_symptom_key'))
    )
    op.create_table('abstract',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('journal', sa.String(length=300), nullable=False),
    sa.Column('authors', sa.JSON(), nullable=False),
    sa.Column('published', sa.String(length=10), nullable=False),
    sa.Column('doi', sa.String(length=200), nullable=True),
    sa.Column('pmid', sa.String(length=20), nullable=True),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_abstract_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', name=op.f('pk_abstract'))
    )
    with op.batch_alter_table('abstract', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_abstract_doi'), ['doi'], unique=False)
        batch_op.create_index(batch_op.f('ix_abstract_pmid'), ['pmid'], unique=False)

    op.create_table('code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('system', sa.String(length=20), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_code_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_code')),
    sa.UniqueConstraint('content_id', 'system', 'value', name=op.f('uq_code_content_id_system_value'))
    )
    with op.batch_alter_table('code', schema=None) as batch_op:
        batch_op.create_index('ix_code_value_system', ['value', 'system'], unique=False)

    op.create_table('content_category',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('category_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_content_category_category_id_category'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_content_category_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', 'category_id', name=op.f('pk_content_category'))
    )
    with op.batch_alter_table('content_category', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_content_category_category_id'), ['category_id'], unique=False)

    op.create_table('content_relation',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('related_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_content_relation_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['related_id'], ['content.id'], name=op.f('fk_content_relation_related_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', 'related_id', name=op.f('pk_content_relation'))
    )
    with op.batch_alter_table('content_relation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_content_relation_related_id'), ['related_id'], unique=False)

    op.create_table('content_symptom',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('symptom_id', sa.Integer(), nullable=False),
    sa.Column('aspect', sa.String(length=10), nullable=False),
    sa.Column('frequency', sa.String(length=40), nullable=True),
    sa.Column('source', sa.String(length=200), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.CheckConstraint("aspect IN ('symptom', 'course')", name=op.f('ck_content_symptom_aspect')),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_content_symptom_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['symptom_id'], ['symptom.id'], name=op.f('fk_content_symptom_symptom_id_symptom'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', 'symptom_id', name=op.f('pk_content_symptom'))
    )
    with op.batch_alter_table('content_symptom', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_content_symptom_symptom_id'), ['symptom_id'], unique=False)

    op.create_table('content_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=True),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('known_title', sa.String(length=300), nullable=True),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('synonyms', sa.JSON(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('made', sa.String(length=20), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('modified_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('publish_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("made IN ('written', 'translated', 'machine_drafted', 'imported')", name=op.f('ck_content_text_made')),
    sa.CheckConstraint("status = 'title_only' OR slug IS NOT NULL", name=op.f('ck_content_text_slug_unless_title_only')),
    sa.CheckConstraint("status IN ('title_only', 'draft', 'in_review', 'scheduled', 'published', 'archived')", name=op.f('ck_content_text_status')),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_content_text_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_content_text')),
    sa.UniqueConstraint('content_id', 'lang', name=op.f('uq_content_text_content_id_lang')),
    sa.UniqueConstraint('kind', 'lang', 'slug', name=op.f('uq_content_text_kind_lang_slug'))
    )
    with op.batch_alter_table('content_text', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_content_text_status'), ['status'], unique=False)

    op.create_table('event',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('starts_at', sa.Time(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('ends_at', sa.Time(), nullable=True),
    sa.Column('zone', sa.String(length=60), nullable=False),
    sa.Column('place', sa.JSON(), nullable=False),
    sa.Column('city', sa.JSON(), nullable=True),
    sa.Column('organiser', sa.JSON(), nullable=False),
    sa.Column('fee', sa.JSON(), nullable=True),
    sa.Column('cme_points', sa.Numeric(precision=5, scale=1), nullable=True),
    sa.Column('online', sa.Boolean(), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=True),
    sa.CheckConstraint('ends_on > starts_on OR (ends_on = starts_on AND (ends_at IS NULL OR starts_at IS NULL OR ends_at >= starts_at))', name=op.f('ck_event_ends_after_start')),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_event_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', name=op.f('pk_event'))
    )
    op.create_table('guideline',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('issuer', sa.JSON(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('version', sa.String(length=60), nullable=True),
    sa.Column('url', sa.String(length=500), nullable=True),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_guideline_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('content_id', name=op.f('pk_guideline'))
    )
    op.create_table('import_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('external_id', sa.String(length=255), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=True),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_import_item_content_id_content'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_item')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_import_item_source_external_id'))
    )
    with op.batch_alter_table('import_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_item_content_id'), ['content_id'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=True),
    sa.Column('section', sa.String(length=30), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('contact', 'report')", name=op.f('ck_message_kind')),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_message_content_id_content'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_content_id'), ['content_id'], unique=False)
        batch_op.create_index('ix_message_state_sent_at', ['state', 'sent_at'], unique=False)

    op.create_table('person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('form', sa.String(length=12), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('title', sa.JSON(), nullable=True),
    sa.Column('degrees', sa.JSON(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('interests', sa.JSON(), nullable=True),
    sa.Column('photo_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("form IN ('person', 'organisation')", name=op.f('ck_person_form')),
    sa.ForeignKeyConstraint(['photo_id'], ['media.id'], name=op.f('fk_person_photo_id_media'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_photo_id'), ['photo_id'], unique=False)

    op.create_table('reference',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=500), nullable=False),
    sa.Column('issuer', sa.String(length=200), nullable=False),
    sa.Column('year', sa.String(length=20), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=True),
    sa.Column('doi', sa.String(length=200), nullable=True),
    sa.Column('pmid', sa.String(length=20), nullable=True),
    sa.Column('checked_on', sa.Date(), nullable=True),
    sa.Column('retracted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_reference_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reference')),
    sa.UniqueConstraint('content_id', 'position', name=op.f('uq_reference_content_id_position'))
    )
    with op.batch_alter_table('reference', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reference_doi'), ['doi'], unique=False)
        batch_op.create_index(batch_op.f('ix_reference_pmid'), ['pmid'], unique=False)

    op.create_table('treatment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_treatment_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_treatment')),
    sa.UniqueConstraint('content_id', 'key', name=op.f('uq_treatment_content_id_key'))
    )
    op.create_table('video',
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('host', sa.String(length=120), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=True),
    sa.Column('captions', sa.JSON(), nullable=False),
    sa.Column('poster_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_video_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['poster_id'], ['media.id'], name=op.f('fk_video_poster_id_media'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('content_id', name=op.f('pk_video'))
    )
    with op.batch_alter_table('video', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_video_poster_id'), ['poster_id'], unique=False)

    op.create_table('credit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.CheckConstraint("role IN ('author', 'reviewer', 'translator', 'work_group')", name=op.f('ck_credit_role')),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_credit_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_credit_person_id_person'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credit')),
    sa.UniqueConstraint('content_id', 'person_id', 'role', 'lang', name=op.f('uq_credit_content_id_person_id_role_lang'))
    )
    with op.batch_alter_table('credit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_credit_person_id'), ['person_id'], unique=False)

    op.create_table('listing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('text_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('own', sa.Boolean(), nullable=False),
    sa.Column('rank', sa.SmallInteger(), nullable=False),
    sa.Column('on_home', sa.Boolean(), nullable=False),
    sa.Column('indexable', sa.Boolean(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('title_lang', sa.String(length=8), nullable=False),
    sa.Column('text_lang', sa.String(length=8), nullable=False),
    sa.Column('text_title', sa.String(length=300), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('sort_key', sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql'), nullable=False),
    sa.Column('letter', sa.String(length=1), nullable=False),
    sa.Column('date', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends', sa.DateTime(timezone=True), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('modified_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_listing_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['text_id'], ['content_text.id'], name=op.f('fk_listing_text_id_content_text'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listing')),
    sa.UniqueConstraint('lang', 'content_id', name=op.f('uq_listing_lang_content_id'))
    )
    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_listing_content_id'), ['content_id'], unique=False)
        batch_op.create_index('ix_listing_date_order', ['lang', 'kind', 'own', 'date', 'content_id'], unique=False)
        batch_op.create_index('ix_listing_feed_order', ['lang', 'own', 'on_home', 'published_at', 'content_id'], unique=False)
        batch_op.create_index('ix_listing_home_order', ['lang', 'kind', 'on_home', 'own', 'date', 'content_id'], unique=False)
        batch_op.create_index('ix_listing_letter_order', ['lang', 'kind', 'letter', 'rank', 'sort_key', 'content_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_listing_text_id'), ['text_id'], unique=False)
        batch_op.create_index('ix_listing_title_order', ['lang', 'kind', 'rank', 'sort_key', 'content_id'], unique=False)
        batch_op.create_index('ix_listing_year_order', ['lang', 'kind', 'year', 'own', 'date', 'content_id'], unique=False)

    op.create_table('person_specialty',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('specialty_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_person_specialty_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['specialty_id'], ['specialty.id'], name=op.f('fk_person_specialty_specialty_id_specialty'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'specialty_id', name=op.f('pk_person_specialty'))
    )
    with op.batch_alter_table('person_specialty', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_specialty_specialty_id'), ['specialty_id'], unique=False)

    op.create_table('redirect',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('text_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['text_id'], ['content_text.id'], name=op.f('fk_redirect_text_id_content_text'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_redirect')),
    sa.UniqueConstraint('kind', 'lang', 'slug', name=op.f('uq_redirect_kind_lang_slug'))
    )
    with op.batch_alter_table('redirect', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_redirect_text_id'), ['text_id'], unique=False)

    op.create_table('review',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('reviewed_on', sa.Date(), nullable=False),
    sa.Column('next_due', sa.Date(), nullable=False),
    sa.CheckConstraint('next_due > reviewed_on', name=op.f('ck_review_next_due_after_review')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_review_person_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['text_id'], ['content_text.id'], name=op.f('fk_review_text_id_content_text'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_text_id'), ['text_id'], unique=False)

    op.create_table('revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_by', sa.String(length=120), nullable=False),
    sa.Column('minor', sa.Boolean(), nullable=False),
    sa.Column('safety', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('snapshot', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['text_id'], ['content_text.id'], name=op.f('fk_revision_text_id_content_text'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revision')),
    sa.UniqueConstraint('text_id', 'number', name=op.f('uq_revision_text_id_number'))
    )
    op.create_table('treatment_reference',
    sa.Column('treatment_id', sa.Integer(), nullable=False),
    sa.Column('reference_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['reference_id'], ['reference.id'], name=op.f('fk_treatment_reference_reference_id_reference'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.id'], name=op.f('fk_treatment_reference_treatment_id_treatment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('treatment_id', 'reference_id', name=op.f('pk_treatment_reference'))
    )
    with op.batch_alter_table('treatment_reference', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_treatment_reference_reference_id'), ['reference_id'], unique=False)

    op.create_table('treatment_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('treatment_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('how_it_works', sa.Text(), nullable=False),
    sa.Column('benefit', sa.Text(), nullable=False),
    sa.Column('risk', sa.Text(), nullable=False),
    sa.Column('without_it', sa.Text(), nullable=False),
    sa.Column('quality_of_life', sa.Text(), nullable=False),
    sa.Column('uncertainty', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.id'], name=op.f('fk_treatment_text_treatment_id_treatment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_treatment_text')),
    sa.UniqueConstraint('treatment_id', 'lang', name=op.f('uq_treatment_text_treatment_id_lang'))
    )
    op.create_table('section',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=30), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('matched_revision_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state <> 'nothing_known' OR as_of IS NOT NULL", name=op.f('ck_section_nothing_known_has_date')),
    sa.CheckConstraint("state IN ('written', 'nothing_known', 'does_not_apply', 'not_yet_written')", name=op.f('ck_section_state')),
    sa.ForeignKeyConstraint(['matched_revision_id'], ['revision.id'], name=op.f('fk_section_matched_revision_id_revision'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['text_id'], ['content_text.id'], name=op.f('fk_section_text_id_content_text'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_section')),
    sa.UniqueConstraint('text_id', 'key', name=op.f('uq_section_text_id_key'))
    )
    op.create_table('part',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('section_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('heading', sa.String(length=200), nullable=True),
    sa.Column('urgency', sa.String(length=10), nullable=True),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=True),
    sa.Column('source_url', sa.String(length=500), nullable=True),
    sa.Column('source_date', sa.String(length=40), nullable=True),
    sa.Column('licence', sa.String(length=80), nullable=True),
    sa.CheckConstraint("urgency IN ('emergency', 'urgent', 'routine')", name=op.f('ck_part_urgency')),
    sa.ForeignKeyConstraint(['section_id'], ['section.id'], name=op.f('fk_part_section_id_section'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_part')),
    sa.UniqueConstraint('section_id', 'position', name=op.f('uq_part_section_id_position'))
    )

    protect_audit()
    op.execute("INSERT INTO site_version (id, value) VALUES (1, 1)")


def downgrade():
    op.drop_table('part')
    op.drop_table('section')
    op.drop_table('treatment_text')
    with op.batch_alter_table('treatment_reference', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_treatment_reference_reference_id'))

    op.drop_table('treatment_reference')
    op.drop_table('revision')
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_text_id'))
        batch_op.drop_index(batch_op.f('ix_review_person_id'))

    op.drop_table('review')
    with op.batch_alter_table('redirect', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_redirect_text_id'))

    op.drop_table('redirect')
    with op.batch_alter_table('person_specialty', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_person_specialty_specialty_id'))

    op.drop_table('person_specialty')
    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.drop_index('ix_listing_year_order')
        batch_op.drop_index('ix_listing_title_order')
        batch_op.drop_index(batch_op.f('ix_listing_text_id'))
        batch_op.drop_index('ix_listing_letter_order')
        batch_op.drop_index('ix_listing_home_order')
        batch_op.drop_index('ix_listing_feed_order')
        batch_op.drop_index('ix_listing_date_order')
        batch_op.drop_index(batch_op.f('ix_listing_content_id'))

    op.drop_table('listing')
    with op.batch_alter_table('credit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_credit_person_id'))

    op.drop_table('credit')
    with op.batch_alter_table('video', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_video_poster_id'))

    op.drop_table('video')
    op.drop_table('treatment')
    with op.batch_alter_table('reference', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reference_pmid'))
        batch_op.drop_index(batch_op.f('ix_reference_doi'))

    op.drop_table('reference')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_person_photo_id'))

    op.drop_table('person')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_state_sent_at')
        batch_op.drop_index(batch_op.f('ix_message_content_id'))

    op.drop_table('message')
    with op.batch_alter_table('import_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_item_content_id'))

    op.drop_table('import_item')
    op.drop_table('guideline')
    op.drop_table('event')
    with op.batch_alter_table('content_text', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_content_text_status'))

    op.drop_table('content_text')
    with op.batch_alter_table('content_symptom', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_content_symptom_symptom_id'))

    op.drop_table('content_symptom')
    with op.batch_alter_table('content_relation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_content_relation_related_id'))

    op.drop_table('content_relation')
    with op.batch_alter_table('content_category', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_content_category_category_id'))

    op.drop_table('content_category')
    with op.batch_alter_table('code', schema=None) as batch_op:
        batch_op.drop_index('ix_code_value_system')

    op.drop_table('code')
    with op.batch_alter_table('abstract', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_abstract_pmid'))
        batch_op.drop_index(batch_op.f('ix_abstract_doi'))

    op.drop_table('abstract')
    op.drop_table('symptom')
    with op.batch_alter_table('specialty', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_specialty_parent_id'))

    op.drop_table('specialty')
    op.drop_table('site_version')
    op.drop_table('setting')
    with op.batch_alter_table('rate_bucket', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rate_bucket_expires'))

    op.drop_table('rate_bucket')
    op.drop_table('media')
    with op.batch_alter_table('content', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_content_superseded_by_id'))
        batch_op.drop_index(batch_op.f('ix_content_kind'))

    op.drop_table('content')
    with op.batch_alter_table('category', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_category_parent_id'))

    op.drop_table('category')
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_object')
        batch_op.drop_index(batch_op.f('ix_audit_at'))

    op.drop_table('audit')
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_append_only()")
