CREATE INDEX jobs_by_status ON jobs (status, created_at);
CREATE INDEX applications_by_user ON applications (user_id, created_at);
