-- Insights: figures over time.

-- Calls that were not the first of their request, by time: few, and counted by themselves.
CREATE INDEX attempt_again ON attempt (started_at) WHERE ord > 0;
