# --- GitLab, by python-gitlab's command line -----------------------------------

# gitlab_call ARGUMENTS: OUT is the answer, JSON, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
gitlab_call() {
  local variable="AUDITOR_GITLAB_$STEP"
  local section=${!variable:-${AUDITOR_GITLAB:-}}
  said gitlab ${section:+--gitlab "$section"} "--server-url=$ACCOUNT" "$@" && return
  OUT=$(gitlab ${section:+--gitlab "$section"} "--server-url=$ACCOUNT" --output json "$@" \
    2>"$WORK/errors" </dev/null) && return
  DETAIL=$(complaint)
  # A project or group that cannot be seen is no proof of anything.
  [[ $DETAIL == *'(404: '* && $DETAIL != *' Project Not Found)'* && $DETAIL != *' Group Not Found)'* &&
    $DETAIL != *' User Not Found)'* ]] && DETAIL='' && return "$GONE"
  return 1
}

# gitlab_here VERB OPTIONS: a command on what the step is about.
gitlab_here() {
  gitlab_call "$TYPE" "$1" ${DETAILS[0]:+"${DETAILS[0]}"} "--id=${DETAILS[1]}" "${@:2}"
}

# gitlab_value NAME: prints a plain text, number or truth value of the JSON object in OUT. Quotes within texts are
# escaped there, so that nothing in a text can pass for a name.
gitlab_value() {
  local pattern="(^|[{ ])\"$1\": (\"([^\"\\\\]*)\"|([0-9a-z]+))"
  [[ $OUT =~ $pattern ]] && printf '%s' "${BASH_REMATCH[3]}${BASH_REMATCH[4]}"
}

# Sets CALLER to whose token it is.
gitlab_caller() {
  gitlab_call current-user get || return
  CALLER=$(gitlab_value username) && return
  DETAIL='GitLab does not say whose token this is'
  return 1
}

gitlab_look() {
  gitlab_here get
  settled $? || return
  DOCUMENT=$OUT
  case $TYPE in
    *-member)
      if [[ $(gitlab_value access_level) != "$EXPECTED" ]]; then
        STATE=moved
        DETAIL="its level is now $(gitlab_value access_level)"
      fi
      ;;
    *-token)
      [[ $(gitlab_value revoked) != true ]] || STATE=gone
      USED=$(gitlab_value last_used_at)
      [[ $STATE != present || $USED != 2* ]] || printf '      in use: GitLab says that it was last used %s\n' "$USED"
      ;;
  esac
}

{% if action != "undo" %}
gitlab_remove() {
  CHANGES=yes gitlab_here delete
}

gitlab_own() {
  NAMES+=("$CALLER")
  DETAIL='it is your own: somebody else must take it away'
  case $TYPE in
    *-member) [[ $HOLDER == "$CALLER" ]] ;;
    user-key) gitlab_call current-user get && [[ $(gitlab_value id) == "$HOLDER" ]] ;;
    *-token)
      DETAIL='you are using it to run this'
      gitlab_call personal-access-token get --id=self && [[ $(gitlab_value id) == "$RIGHT" ]]
      ;;
    *) false ;;
  esac
}
{% else %}
gitlab_can_restore() {
  [[ $TYPE == *-token ]] || return 0
  DETAIL='a token cannot be restored: make a new one'
  return "$BY_HAND"
}

gitlab_restore() {
  local ends title key pattern
  local -a push=()
  OUT=$(cat -- "$SAVED")
  case $TYPE in
    *-member)
      ends=$(gitlab_value expires_at)
      [[ $ends =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || ends=''
      CHANGES=yes gitlab_call "$TYPE" create "${DETAILS[0]}" "--user-id=${DETAILS[1]}" "--access-level=$EXPECTED" \
        ${ends:+"--expires-at=$ends"}
      ;;
    *-key)
      # The words after the key are GitLab's own. The command line reads a file where a value begins with one @.
      pattern='"key": "([^ "\\]+ [^ "\\]+)'
      DETAIL="$SAVED holds no key"
      [[ $OUT =~ $pattern ]] || return
      key=${BASH_REMATCH[1]}
      title=$(gitlab_value title)
      title=${title/#@/@@}
      [[ $TYPE != project-key ]] || push=("--can-push=$(gitlab_value can_push)")
      CHANGES=yes gitlab_call "$TYPE" create "${DETAILS[0]}" "--title=${title:-restored}" "--key=$key" ${push[@]+"${push[@]}"}
      ;;
  esac
}
{% endif %}
