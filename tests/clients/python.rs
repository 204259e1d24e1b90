//! The SDKs for Python: the present one with every answer checked against its types, and an old one.

use super::installed::python;
use super::project::Project;

#[test]
fn the_sdk_lists_namespaces() {
    let project = Project::empty().served();
    let program = "
import cloudflare, os
client = cloudflare.Cloudflare(_strict_response_validation=True, max_retries=0)
account = os.environ['CLOUDFLARE_ACCOUNT_ID']
client.kv.namespaces.create(account_id=account, title='CACHE')
print([one.title for one in client.kv.namespaces.list(account_id=account)])
";
    let output = python(&project, "sdk", &["-c", program]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "['CACHE']\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
