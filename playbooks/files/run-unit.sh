#!/bin/sh
# Runs a command of the node as a named systemd unit and waits for its end: UNIT SECRET_FILE COMMAND...
# Should the computer that started it vanish, the command goes on under a name that the next run can await; SECRET_FILE
# (or "-") is removed with the end of the unit, however it ends.
# What the command says is in the node's journal (journalctl -u UNIT); its last lines are shown here when it fails.
set -eu
unit=$1 secret=$2
shift 2
systemctl reset-failed "$unit.service" 2>/dev/null || true
since=$(date +%s)
if systemd-run --quiet --wait --collect --unit="$unit" --setenv=HOME=/root \
  --property="ExecStopPost=-/bin/rm -f $secret" -- "$@"; then
  echo "changed: $*"
else
  journalctl --quiet --no-pager --output=cat --unit="$unit" --since="@$since" --lines=60 >&2
  exit 1
fi
