ALTER TABLE jobs ADD COLUMN application_count INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER count_applications AFTER INSERT ON applications
BEGIN
    UPDATE jobs SET application_count = application_count + 1 WHERE id = NEW.job_id;
END;

CREATE TRIGGER uncount_applications AFTER DELETE ON applications
BEGIN
    UPDATE jobs SET application_count = application_count - 1 WHERE id = OLD.job_id;
END;
