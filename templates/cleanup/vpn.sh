# --- WireGuard, by wg on its host ---------------------------------------------------------------

# What the host runs is fixed text; its values come on standard input.
readonly VPN_PROGRAM='
LC_ALL=C
export LC_ALL
IFS= read -r action && IFS= read -r interface && IFS= read -r key && IFS= read -r addresses || exit 1
command -v wg >/dev/null || {
  echo "the host has no wg" >&2
  exit 1
}
run() {
  if [ "$(id -u)" = 0 ]; then wg "$@"; else sudo -n wg "$@"; fi
}
case $action in
  look)
    found=$(run show "$interface" allowed-ips) || exit 1
    printf "%s\n" "$found" | KEY=$key awk -F "\t" "\$1 == ENVIRON[\"KEY\"] && \$2 != \"(none)\" { gsub(\" \", \",\", \$2); print \$2; found = 1 }
      END { exit found ? 0 : 4 }"
    ;;
  caller) printf "%s\n" "${SSH_CONNECTION%% *}" ;;
  set) run set "$interface" peer "$key" allowed-ips "$addresses" ;;
esac
'

# vpn_call ACTION [ADDRESSES]: OUT is what the host prints, DETAIL its complaint.
vpn_call() {
  local variable="AUDITOR_SSH_$STEP" status
  local place=${!variable:-$ACCOUNT}
  if [[ $1 != set ]]; then
    said ssh ${AUDITOR_SSH_CONFIG:+-F "$AUDITOR_SSH_CONFIG"} -- "$place" wg show "$HOLDER" allowed-ips && return
  else
    said ssh ${AUDITOR_SSH_CONFIG:+-F "$AUDITOR_SSH_CONFIG"} -- "$place" wg set "$HOLDER" peer "$RIGHT" allowed-ips "$2" && return
  fi
  # shellcheck disable=SC2029 # the program is meant to be written out here
  OUT=$(printf '%s\n' "$1" "$HOLDER" "$RIGHT" "${2:-}" |
    ssh ${AUDITOR_SSH_CONFIG:+-F "$AUDITOR_SSH_CONFIG"} -T -a -x -o BatchMode=yes -o StrictHostKeyChecking=yes \
      -o ControlPath=none -o ClearAllForwardings=yes -o ConnectTimeout=20 -- "$place" "sh -c '$VPN_PROGRAM'" \
      2>"$WORK/errors")
  status=$?
  DETAIL=$(complaint)
  return "$status"
}

vpn_caller() {
  return 0
}

vpn_look() {
  vpn_call look
  settled $?
  DOCUMENT=$OUT
}

{% if action != "undo" %}
vpn_remove() {
  CHANGES=yes vpn_call set ''
}

# Whether it is by that peer that the host is reached: without it, nobody could undo anything here.
vpn_own() {
  vpn_call caller || return 1
  DETAIL='you are using it to run this'
  [[ -n $OUT && (",$DOCUMENT," == *",$OUT/32,"* || ",$DOCUMENT," == *",$OUT/128,"*) ]]
}
{% else %}
vpn_can_restore() {
  return 0
}

vpn_restore() {
  CHANGES=yes vpn_call set "$(cat -- "$SAVED")"
}
{% endif %}
