"""subscriptions and digests"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('bounce',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('masked', sa.String(length=80), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('hard', sa.Boolean(), nullable=False),
    sa.Column('ours', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bounce')),
    sa.UniqueConstraint('fingerprint', name=op.f('uq_bounce_fingerprint'))
    )
    with op.batch_alter_table('bounce', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bounce_at'), ['at'], unique=False)

    op.create_table('mailing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.JSON(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('written_by', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailing'))
    )
    op.create_table('happening',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('what', sa.String(length=8), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.CheckConstraint("what IN ('new', 'changed', 'safety')", name=op.f('ck_happening_what')),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_happening_content_id_content'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_happening')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('happening', schema=None) as batch_op:
        batch_op.create_index('ix_happening_content_id_what_id', ['content_id', 'what', 'id'], unique=False)
        batch_op.create_index('ix_happening_what_id', ['what', 'id'], unique=False)

    op.create_table('subscriber',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('seed', sa.String(length=22), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('email_key', sa.String(length=254), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('frequency', sa.String(length=8), nullable=False),
    sa.Column('other_language', sa.Boolean(), nullable=False),
    sa.Column('named', sa.Boolean(), nullable=False),
    sa.Column('announcements', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_until', sa.Integer(), nullable=False),
    sa.Column('consent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('consent_version', sa.Integer(), nullable=False),
    sa.Column('consent_lang', sa.String(length=8), nullable=False),
    sa.Column('consent_how', sa.String(length=10), nullable=False),
    sa.Column('consent_note', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("frequency IN ('at_once', 'daily', 'weekly', 'monthly')", name=op.f('ck_subscriber_frequency')),
    sa.CheckConstraint("state IN ('active', 'paused', 'stopped', 'suppressed')", name=op.f('ck_subscriber_state')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_subscriber_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscriber')),
    sa.UniqueConstraint('email_key', name=op.f('uq_subscriber_email_key')),
    sa.UniqueConstraint('seed', name=op.f('uq_subscriber_seed')),
    sa.UniqueConstraint('user_id', name=op.f('uq_subscriber_user_id')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('subscriber', schema=None) as batch_op:
        batch_op.create_index('ix_subscriber_frequency_id', ['frequency', 'id'], unique=False)
        batch_op.create_index('ix_subscriber_state_paused_until', ['state', 'paused_until'], unique=False)
        batch_op.create_index(batch_op.f('ix_subscriber_stopped_at'), ['stopped_at'], unique=False)

    op.create_table('digest',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('occasion', sa.String(length=10), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('upto', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('cursor', sa.Integer(), nullable=False),
    sa.Column('happening_id', sa.Integer(), nullable=True),
    sa.Column('mailing_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('staging', 'released', 'paused', 'done', 'cancelled')", name=op.f('ck_digest_state')),
    sa.ForeignKeyConstraint(['happening_id'], ['happening.id'], name=op.f('fk_digest_happening_id_happening'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name=op.f('fk_digest_mailing_id_mailing'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_digest')),
    sa.UniqueConstraint('key', name=op.f('uq_digest_key')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('digest', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_digest_happening_id'), ['happening_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_digest_mailing_id'), ['mailing_id'], unique=False)
        batch_op.create_index('ix_digest_occasion_id', ['occasion', 'id'], unique=False)
        batch_op.create_index('ix_digest_state_id', ['state', 'id'], unique=False)

    op.create_table('follow',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subscriber_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=10), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=True),
    sa.Column('category_id', sa.Integer(), nullable=True),
    sa.Column('content_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(what = 'kind' AND kind IS NOT NULL) OR (what IN ('within', 'category') AND category_id IS NOT NULL) OR (what = 'content' AND content_id IS NOT NULL)", name=op.f('ck_follow_target')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_follow_category_id_category'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_follow_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscriber.id'], name=op.f('fk_follow_subscriber_id_subscriber'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow')),
    sa.UniqueConstraint('subscriber_id', 'content_id', name=op.f('uq_follow_subscriber_id_content_id')),
    sa.UniqueConstraint('subscriber_id', 'kind', name=op.f('uq_follow_subscriber_id_kind')),
    sa.UniqueConstraint('subscriber_id', 'what', 'category_id', name=op.f('uq_follow_subscriber_id_what_category_id'))
    )
    with op.batch_alter_table('follow', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_follow_category_id'), ['category_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_follow_content_id'), ['content_id'], unique=False)

    op.create_table('edition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('named', sa.Boolean(), nullable=False),
    sa.Column('other_language', sa.Boolean(), nullable=False),
    sa.Column('archived', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('successor_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['digest_id'], ['digest.id'], name=op.f('fk_edition_digest_id_digest'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['successor_id'], ['edition.id'], name=op.f('fk_edition_successor_id_edition'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_edition')),
    sa.UniqueConstraint('digest_id', 'key', name=op.f('uq_edition_digest_id_key'))
    )
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_edition_successor_id'), ['successor_id'], unique=False)

    op.create_table('delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest_id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('subscriber_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('leased_by', sa.String(length=80), nullable=True),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['digest_id'], ['digest.id'], name=op.f('fk_delivery_digest_id_digest'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_delivery_edition_id_edition'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscriber.id'], name=op.f('fk_delivery_subscriber_id_subscriber'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('digest_id', 'subscriber_id', name=op.f('uq_delivery_digest_id_subscriber_id')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_order', ['digest_id', 'state', 'next_at', 'edition_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_delivery_edition_id'), ['edition_id'], unique=False)
        batch_op.create_index('ix_delivery_sent_at', ['sent_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_delivery_subscriber_id'), ['subscriber_id'], unique=False)

    op.create_table('edition_item',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('content_id', sa.Integer(), nullable=False),
    sa.Column('happening_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=8), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['content_id'], ['content.id'], name=op.f('fk_edition_item_content_id_content'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_edition_item_edition_id_edition'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['happening_id'], ['happening.id'], name=op.f('fk_edition_item_happening_id_happening'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('edition_id', 'content_id', name=op.f('pk_edition_item'))
    )
    with op.batch_alter_table('edition_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_edition_item_content_id'), ['content_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_edition_item_happening_id'), ['happening_id'], unique=False)

    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_sent_at', ['sent_at'], unique=False)



def downgrade():
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_sent_at')

    with op.batch_alter_table('edition_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_edition_item_happening_id'))
        batch_op.drop_index(batch_op.f('ix_edition_item_content_id'))

    op.drop_table('edition_item')
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_subscriber_id'))
        batch_op.drop_index('ix_delivery_sent_at')
        batch_op.drop_index(batch_op.f('ix_delivery_edition_id'))
        batch_op.drop_index('ix_delivery_order')

    op.drop_table('delivery')
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_edition_successor_id'))

    op.drop_table('edition')
    with op.batch_alter_table('follow', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_follow_content_id'))
        batch_op.drop_index(batch_op.f('ix_follow_category_id'))

    op.drop_table('follow')
    with op.batch_alter_table('digest', schema=None) as batch_op:
        batch_op.drop_index('ix_digest_state_id')
        batch_op.drop_index('ix_digest_occasion_id')
        batch_op.drop_index(batch_op.f('ix_digest_mailing_id'))
        batch_op.drop_index(batch_op.f('ix_digest_happening_id'))

    op.drop_table('digest')
    with op.batch_alter_table('subscriber', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_subscriber_stopped_at'))
        batch_op.drop_index('ix_subscriber_state_paused_until')
        batch_op.drop_index('ix_subscriber_frequency_id')

    op.drop_table('subscriber')
    with op.batch_alter_table('happening', schema=None) as batch_op:
        batch_op.drop_index('ix_happening_what_id')
        batch_op.drop_index('ix_happening_content_id_what_id')

    op.drop_table('happening')
    op.drop_table('mailing')
    with op.batch_alter_table('bounce', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bounce_at'))

    op.drop_table('bounce')
