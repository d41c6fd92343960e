"""The outside of saring: Prefect flows, runners, run reports, settings and the ``saring`` command line."""
