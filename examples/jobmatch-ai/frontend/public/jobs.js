// A job as one line of text.
export function line(job) {
  const { salary_min: least, salary_max: most } = job;
  const salary =
    least == null && most == null ? null
    : least == null ? `up to ${most}`
    : most == null ? `from ${least}`
    : `${least} to ${most}`;
  const applications = job.application_count === 1 ? "1 application" : `${job.application_count} applications`;
  return [job.title, job.location, salary, applications].filter((part) => part != null).join(" · ");
}
