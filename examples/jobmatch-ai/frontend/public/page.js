import { api } from "./config.js"; // written by the build
import { line } from "./jobs.js";

const state = document.getElementById("state");
try {
  const response = await fetch(`${api}/jobs`);
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  const jobs = await response.json();
  for (const job of jobs) {
    // As text: a title is what a recruiter wrote.
    document.getElementById("jobs").append(Object.assign(document.createElement("li"), { textContent: line(job) }));
  }
  state.textContent = jobs.length === 0 ? "None at the moment" : "";
} catch (error) {
  state.textContent = `The jobs can't be read: ${error.message}`;
}
