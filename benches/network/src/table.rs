//! What was measured, as a table for people and as JSON.

use crate::measured::{Measured, Used};
use crate::site::Delays;

/// A line of a table.
pub struct Row {
    pub case: &'static str,
    pub client: String,
    pub delays: Delays,
    /// Or why the machine lacks the client.
    pub result: Result<Measured, String>,
}

const WIDTH: usize = 34;

pub fn head(case: &str) {
    println!(
        "\n{case:<WIDTH$} {:>4} {:>8} {:>6} {:>8} {:>8} {:>9} {:>12} {:>10} {:>9}",
        "runs", "wall ms", "waits", "CPU ms", "peak MB", "requests", "connections", "in flight", "x larder"
    );
}

/// Prints a line; how many answers in a row would take as long is `waits`.
pub fn line(row: &Row, of_larder_ms: Option<f64>) {
    let client = format!("  {}", row.client);
    match &row.result {
        Err(reason) => println!("{client:<WIDTH$} missing: {reason}"),
        Ok(Measured { runs, used, passed }) => {
            let Used { wall_ms, cpu_ms, peak_mb } = used;
            let waits = wall_ms / row.delays.answer_ms as f64;
            let times = of_larder_ms.map(|larder| format!("{:.2}", wall_ms / larder)).unwrap_or_default();
            println!(
                "{client:<WIDTH$} {runs:>4} {wall_ms:>8.0} {waits:>6.1} {cpu_ms:>8.0} {peak_mb:>8.1} {:>9} {:>12} {:>10} {times:>9}",
                passed.requests, passed.connections, passed.in_flight_max
            );
        }
    }
}

/// All lines.
pub fn json(machine: &str, version: Used, rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(Row::json).collect();
    format!(
        "{{\"machine\":{machine:?},\"version_cpu_ms\":{:.2},\"rows\":[\n{}\n]}}",
        version.cpu_ms,
        rows.join(",\n")
    )
}

impl Row {
    fn json(&self) -> String {
        let Delays { answer_ms, connection_ms } = self.delays;
        let head = format!(
            "{{\"case\":{:?},\"client\":{:?},\"answer_ms\":{answer_ms},\"connection_ms\":{connection_ms}",
            self.case, self.client
        );
        match &self.result {
            Err(reason) => format!("{head},\"missing\":{reason:?}}}"),
            Ok(Measured { runs, used, passed }) => format!(
                "{head},\"runs\":{runs},\"wall_ms\":{:.1},\"cpu_ms\":{:.2},\"peak_mb\":{:.1},\"requests\":{},\"connections\":{},\"in_flight_max\":{}}}",
                used.wall_ms,
                used.cpu_ms,
                used.peak_mb,
                passed.requests,
                passed.connections,
                passed.in_flight_max
            ),
        }
    }
}
