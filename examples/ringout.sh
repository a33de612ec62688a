#!/usr/bin/env bash
# A RingOut with curl: examples/ringout.sh TO [FROM]. Needs RINGOUT_URL, RINGOUT_CLIENT_ID, RINGOUT_CLIENT_SECRET and
# RINGOUT_JWT; or, where the client may log users in by password, RINGOUT_USERNAME, RINGOUT_EXTENSION and RINGOUT_PASSWORD.
set -euo pipefail

field() { sed -E "s/.*\"$1\": ?\"?([^\",}]*).*/\1/"; }

if [ -n "${RINGOUT_JWT:-}" ]; then
  login=(-d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer --data-urlencode "assertion=$RINGOUT_JWT")
else
  login=(-d grant_type=password --data-urlencode "username=$RINGOUT_USERNAME" -d "extension=$RINGOUT_EXTENSION"
    --data-urlencode "password=$RINGOUT_PASSWORD")
fi
token=$(curl -fsS -u "$RINGOUT_CLIENT_ID:$RINGOUT_CLIENT_SECRET" "$RINGOUT_URL/restapi/oauth/token" "${login[@]}" |
  field access_token)

api() { curl -fsS -H "Authorization: Bearer $token" -H "Content-Type: application/json" "$@"; }
ring_outs="$RINGOUT_URL/restapi/v1.0/account/~/extension/~/ringout"

from=${2:+"\"from\": {\"phoneNumber\": \"$2\"}, "}
id=$(api "$ring_outs" -d "{${from:-}\"to\": {\"phoneNumber\": \"$1\"}}" | field id)
echo "RingOut $id"
trap 'api -X DELETE "$ring_outs/$id" || true' INT TERM

status=InProgress
while [ "$status" = InProgress ]; do
  sleep 0.5
  status=$(api "$ring_outs/$id" | field callStatus)
done
echo "$status"
if [ "$status" = Success ]; then
  sleep 3
  api -X DELETE "$ring_outs/$id"
  echo "hung up"
fi
