-- Indexes for the questions that people ask of the whole ledger.

-- What did rollbacks, drift and recoveries do, anywhere? There are few of them among many polls.
CREATE INDEX deployment_by_trigger ON deployment ("trigger");
-- What was live at a given moment? One step of a search for each certificate.
CREATE INDEX deployment_by_finish ON deployment (certificate, finished_at)
WHERE outcome = 'deployed';

-- What did that pass change? (kvagent rollback --batch)
CREATE INDEX deployment_by_run ON deployment (run_id);
