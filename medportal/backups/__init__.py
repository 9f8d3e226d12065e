"""Backups: one archive with everything, tried out by a real restore, kept for months, and the way back.

places   where archives lie, what they are called     manifest  what an archive says of itself
archive  writing one, reading one without trust        engines   what differs between SQLite and PostgreSQL
trial    the restore that proves an archive            records   what is known of each archive, beside it
keep     which are kept                                offsite   the copy in another place
nightly  the line of `jobs.py`                         restore   the way back          moving  to another database
"""
