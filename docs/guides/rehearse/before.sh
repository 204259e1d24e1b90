# Production, with the first migration and three customers.
{
  mv migrations/0002_one_account_each.sql later.sql
  larder run -e production --yes
  mv later.sql migrations/0002_one_account_each.sql
  larder eval -e production --write 'd1::find("shop-prod-db").execute("INSERT INTO users (email, name) VALUES (\"ada@example.org\", \"Ada\"), (\"bob@example.org\", \"Bob\"), (\"Ada@example.org\", \"Ada\")");'
} > before.log 2>&1 || cat before.log
rm -f before.log
