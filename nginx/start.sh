#!/bin/sh
# Starts nginx with the way of finding webs that its version knows: 1.27.3 and newer look their addresses up again while
# running and keep connections to them open; older ones look them up too, and connect for each request.
set -eu
cd /etc/nginx/hub
if nginx -t -q -c /etc/nginx/hub/kept.conf 2>/dev/null; then
  exec nginx -c /etc/nginx/hub/kept.conf
fi
exec nginx -c /etc/nginx/hub/looked_up.conf
