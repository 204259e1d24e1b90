# Production as the files say.
larder run -e production --yes > before.log 2>&1 || cat before.log
rm -f before.log
