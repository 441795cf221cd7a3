# --- GitHub, by gh ---------------------------------------------------------------

# github_call PATH ARGUMENTS: OUT is what gh prints, DETAIL its complaint. Returns 0, GONE where there is no such thing,
# or 1. The whole address is given, so that no default of gh's decides which GitHub it is.
github_call() {
  said gh api "$ACCOUNT/$1" "${@:2}" && return
  OUT=$(gh api "$ACCOUNT/$1" "${@:2}" 2>"$WORK/errors" </dev/null) && return
  DETAIL=$(complaint)
  [[ $DETAIL == *'HTTP 404'* ]] && return "$GONE"
  return 1
}

# github_seen PATH: whether the place itself can be seen; one that cannot is no proof of anything.
github_seen() {
  github_call "$1" --silent && return
  DETAIL="$1 cannot be seen: $DETAIL"
  return 1
}

# Sets CALLER to whose token it is.
github_caller() {
  github_call user --jq .login && CALLER=$OUT && [[ -n $CALLER ]] && return
  DETAIL="GitHub does not say whose token this is: $DETAIL"
  return 1
}

# github_place: the address of what the step is about.
github_place() {
  case $TYPE in
    collaborator) printf 'repos/%s/collaborators/%s' "$RIGHT" "$HOLDER" ;;
    team-member) printf 'orgs/%s/teams/%s/memberships/%s' "${RIGHT%%/*}" "${RIGHT#*/}" "$HOLDER" ;;
    owner) printf 'orgs/%s/memberships/%s' "$RIGHT" "$HOLDER" ;;
    deploy-key) printf 'repos/%s/keys/%s' "$HOLDER" "$RIGHT" ;;
  esac
}

github_look() {
  local role
  case $TYPE in
    collaborator)
      # Its own address also answers for those who are there through a team.
      github_call "repos/$RIGHT/collaborators?affiliation=direct&per_page=100" --paginate \
        --jq '.[] | "\(.login) \(.role_name)"' || return 0
      STATE=gone
      role=$(HOLDER=$HOLDER awk 'tolower($1) == tolower(ENVIRON["HOLDER"]) { sub(/^[^ ]+ /, ""); print; found = 1 }
        END { exit !found }' <<<"$OUT") || return 0
      STATE=present DOCUMENT="{\"permission\": \"${DETAILS[0]}\"}"
      if [[ -n $EXPECTED && $role != "$EXPECTED" ]]; then
        STATE=moved
        DETAIL="the role is now $role"
      fi
      ;;
    team-member)
      github_seen "orgs/${RIGHT%%/*}/teams/${RIGHT#*/}" || return 0
      github_call "$(github_place)" --jq '{role}'
      settled $? || return 0
      DOCUMENT=$OUT
      ;;
    owner)
      github_seen "orgs/$RIGHT/members?per_page=1" || return 0
      github_call "$(github_place)" --jq .role
      settled $? || return 0
      [[ $OUT == admin ]] || STATE=gone
      DOCUMENT='{"role": "admin"}'
      ;;
    deploy-key)
      github_seen "repos/$HOLDER" || return 0
      github_call "$(github_place)" --jq '{title, key, read_only}'
      settled $? || return 0
      DOCUMENT=$OUT
      ;;
  esac
}

{% if action != "undo" %}
github_remove() {
  case $TYPE in
    owner) CHANGES=yes github_call "$(github_place)" --method PUT -f role=member --silent ;;
    *) CHANGES=yes github_call "$(github_place)" --method DELETE --silent ;;
  esac
}

github_own() {
  NAMES+=("$CALLER")
  DETAIL='it is your own: somebody else must take it away'
  [[ $TYPE != deploy-key && $HOLDER == "$CALLER" ]]
}
{% else %}
github_can_restore() {
  return 0
}

github_restore() {
  case $TYPE in
    deploy-key) CHANGES=yes github_call "repos/$HOLDER/keys" --method POST --input "$SAVED" --silent ;;
    *) CHANGES=yes github_call "$(github_place)" --method PUT --input "$SAVED" --silent ;;
  esac
}
{% endif %}
