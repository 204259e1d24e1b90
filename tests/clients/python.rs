//! The SDKs for Python: the present one with every answer checked against its types, and an old one.

use super::installed::python;
use super::project::Project;
use super::ran::{Part, ran};

#[test]
fn the_sdk_lists_namespaces() {
    let _part = Part::begin("Python SDK");
    let project = Project::empty().served();
    let program = "
import cloudflare, os
client = cloudflare.Cloudflare(_strict_response_validation=True, max_retries=0)
account = os.environ['CLOUDFLARE_ACCOUNT_ID']
client.kv.namespaces.create(account_id=account, title='CACHE')
print([one.title for one in client.kv.namespaces.list(account_id=account)])
";
    let output = ran(&project, python(&project, "sdk", &["-c", program]));
    output.exit(0).says("['CACHE']\n", "");
}
