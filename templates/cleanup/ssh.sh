# --- SSH hosts ---------------------------------------------------------------

# What a host runs is fixed text. Its values come on standard input: what to do, whose keys, which key, the file where it
# is known, lines. It becomes the keys' owner, so that nothing in a home can lead it where the owner may not go.
readonly SSH_BECOME='
IFS= read -r action && IFS= read -r login && IFS= read -r print && IFS= read -r file || exit 1
if [ "$(id -un)" = "$login" ]; then
  exec sh -c "$1" sh "$action" "$print" "$HOME" "$file"
fi
entry=$(getent passwd "$login") && [ "${entry%%:*}" = "$login" ] || {
  echo "the host knows no login of that name" >&2
  exit 1
}
home=$(printf "%s\n" "$entry" | cut -d: -f6)
if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null; then
  exec runuser -u "$login" -- sh -c "$1" sh "$action" "$print" "$home" "$file"
fi
exec sudo -n -u "$login" -- sh -c "$1" sh "$action" "$print" "$home" "$file"
'

readonly SSH_PROGRAM='
LC_ALL=C
export LC_ALL
umask 077
action=$1 print=$2
if [ -n "$4" ]; then set -- "$4"; else set -- "$3/.ssh/authorized_keys" "$3/.ssh/authorized_keys2"; fi
tab=$(printf "\t")

fail() {
  printf "%s\n" "$1" >&2
  exit 1
}

# The lines of the key in the files: number, file, line.
seek() {
  for file do
    [ -e "$file" ] || [ -L "$file" ] || continue
    [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ] || fail "$file is no plain file that can be read"
    number=0
    while IFS= read -r line || [ -n "$line" ]; do
      number=$((number + 1))
      said=$(printf "%s\n" "$line" | ssh-keygen -lf - 2>/dev/null) || continue
      said=${said#* }
      [ "${said%% *}" != "$print" ] || printf "%s\t%s\t%s\n" "$number" "$file" "$line"
    done <"$file"
  done
}

# A new file beside the old one, with its owner and mode.
begin() {
  new=$(mktemp "$1.XXXXXX") && cp -p "$1" "$new" || fail "no file can be written beside $1"
}

# Lets the new file be the file, whole; $1 is whether it was written.
finish() {
  if [ "$1" -ne 0 ] || ! mv -f "$new" "$file"; then
    rm -f "$new"
    fail "$file cannot be written"
  fi
}

# Takes the lines that were found out of the file.
cut_out() {
  script=$(printf "%s\n" "$found" | while IFS="$tab" read -r number place line; do
    [ "$place" != "$file" ] || printf "%sd;" "$number"
  done)
  [ -n "$script" ] || return 0
  begin "$file"
  sed "$script" "$file" >"$new"
  finish $?
}

# Puts a line back where it was.
put_back() {
  number=${row%%"$tab"*} rest=${row#*"$tab"}
  file=${rest%%"$tab"*} LINE=${rest#*"$tab"}
  export LINE
  begin "$file"
  line="print ENVIRON[\"LINE\"]"
  awk "NR == $number { $line } { print } END { if (NR < $number) $line }" "$file" >"$new"
  finish $?
}

command -v ssh-keygen >/dev/null || fail "the host has no ssh-keygen"
[ -e "$1" ] || [ -e "${2:-$1}" ] || fail "there is no $1"
found=$(seek "$@") || exit 1
case $action in
  look)
    [ -n "$found" ] || exit 4
    printf "%s\n" "$found"
    ;;
  remove)
    [ -n "$found" ] || exit 4
    [ "$found" = "$(cat)" ] || exit 5
    for file do
      cut_out
    done
    ;;
  restore)
    [ -z "$found" ] || exit 0
    while IFS= read -r row; do
      put_back
    done
    ;;
esac
'

# ssh_call ACTION [LINES]: OUT is what the host prints, DETAIL its complaint, CALLER the key that let us in.
ssh_call() {
  local variable="AUDITOR_SSH_$STEP" status
  local place=${!variable:-$ACCOUNT}
  # The lines say more than the program that the host runs: they are what goes, or comes back.
  said ssh ${AUDITOR_SSH_CONFIG:+-F "$AUDITOR_SSH_CONFIG"} -- "$place" "$1 in the authorized keys of $HOLDER" && {
    printf '%s\n' "$2" | tr -d '\000-\010\013-\037\177' | sed 's/^/        line /'
    return
  }
  rm -f -- "$WORK/ssh"
  # shellcheck disable=SC2029 # the program is meant to be written out here
  OUT=$(printf '%s\n' "$1" "$HOLDER" "$RIGHT" "${DETAILS[0]}" ${2:+"$2"} |
    ssh ${AUDITOR_SSH_CONFIG:+-F "$AUDITOR_SSH_CONFIG"} -v -E "$WORK/ssh" -T -a -x -o BatchMode=yes \
      -o StrictHostKeyChecking=yes -o ControlPath=none -o ClearAllForwardings=yes -o ConnectTimeout=20 \
      -- "$place" "sh -c '$SSH_BECOME' sh '$SSH_PROGRAM'" 2>"$WORK/errors")
  status=$?
  CALLER=$(sed -n 's/^debug1: Server accepts key: .* \(SHA256:[A-Za-z0-9+/]*\).*$/\1/p' "$WORK/ssh" | tail -n 1)
  [[ $status -ne 255 ]] || grep -v '^debug1: \|^OpenSSH_' "$WORK/ssh" | tail -n 2 >"$WORK/errors"
  DETAIL=$(complaint)
  return "$status"
}

ssh_caller() {
  return 0
}

ssh_look() {
  ssh_call look
  settled $?
  DOCUMENT=$OUT
}

{% if action != "undo" %}
ssh_remove() {
  CHANGES=yes ssh_call remove "$DOCUMENT"
  local status=$?
  [[ $status -ne "$MOVED" ]] || DETAIL='its lines changed while this ran'
  return "$status"
}

# Whether it is the key that this logs in with: without it, nobody could undo anything here.
ssh_own() {
  DETAIL='you are using it to run this'
  [[ $RIGHT == "$CALLER" ]]
}
{% else %}
ssh_can_restore() {
  return 0
}

ssh_restore() {
  CHANGES=yes ssh_call restore "$(cat -- "$SAVED")"
}
{% endif %}
