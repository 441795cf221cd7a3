# --- AWS, by its CLI ------------------------------------------------------------

{% if action != "delete" %}
aws_look() {
  DOCUMENT=$RIGHT
  case $TYPE in
    access-key) aws_look_at_key ;;
    group-membership)
      aws_call iam list-groups-for-user "--user-name=$HOLDER" --query 'Groups[].GroupName'
      listed $?
      ;;
    attached-policy) aws_look_at_attachment ;;
    inline-policy)
      aws_call iam "get-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT" \
        --query 'to_string(PolicyDocument)'
      compared $? && DOCUMENT=$OUT
      ;;
    login-profile) aws_look_at_password ;;
  esac
}

aws_look_at_key() {
  aws_call iam list-access-keys "--user-name=$HOLDER" --query "AccessKeyMetadata[?Status=='Active'].AccessKeyId"
  listed $?
  [[ $STATE == gone ]] && DETAIL='it is inactive or deleted'
  [[ $STATE == present && $ACTION == revoke ]] || return 0
  # IAM knows it later than the audit did; who may not read it is told what the audit knew.
  aws_call iam get-access-key-last-used "--access-key-id=$RIGHT" \
    --query 'AccessKeyLastUsed.[LastUsedDate,ServiceName]' && [[ $OUT == 2* ]] &&
    printf '      in use: IAM says that it was last used %s\n' "${OUT/$'\t'/ for }"
  DETAIL=''
}

aws_look_at_attachment() {
  aws_call iam "list-attached-$HOLDER_KIND-policies" "--$HOLDER_KIND-name=$HOLDER" \
    --query 'AttachedPolicies[].PolicyArn'
  listed $?
  [[ $STATE == present && -n $EXPECTED ]] || return
  aws_call iam get-policy "--policy-arn=$RIGHT" --query 'Policy.DefaultVersionId'
  aws_compare_version $?
}

aws_compare_version() {
  STATE=unknown
  [[ $1 -eq 0 ]] || return
  aws_call iam get-policy-version "--policy-arn=$RIGHT" "--version-id=$OUT" \
    --query 'to_string(PolicyVersion.Document)'
  compared $?
}

aws_look_at_password() {
  aws_call iam get-login-profile "--user-name=$HOLDER" --query 'LoginProfile.CreateDate'
  local status=$?
  settled "$status" || return
  # Versions of the CLI write the time zone differently; both write UTC. A password may be changed after it was made,
  # but one made after the change that the audit saw is another one.
  if [[ -n $EXPECTED && ${OUT:0:19} > ${EXPECTED:0:19} ]]; then
    STATE=moved
    DETAIL='the password was set anew after the audit'
  fi
}

{% endif %}
# aws_call ARGUMENTS: OUT is what it prints, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
aws_call() {
  local variable="AUDITOR_PROFILE_$ACCOUNT"
  local profile=${!variable:-}
  said aws ${profile:+--profile "$profile"} "$@" && return
  OUT=$(AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off aws ${profile:+--profile "$profile"} "$@" --output text \
    2>"$WORK/errors" </dev/null) && return
  DETAIL=$(complaint)
  [[ $DETAIL == *'(NoSuchEntity)'* ]] && DETAIL='' && return "$GONE"
  return 1
}

# Sets CALLER to who is running this in the step's account; returns 1 when the credentials are for another one.
aws_caller() {
  local cache="caller_$ACCOUNT" found
  CALLER=${!cache:-}
  [[ -n $CALLER ]] && return 0
  aws_call sts get-caller-identity --query '[Account,Arn]' || return 1
  found=${OUT%%$'\t'*}
  if [[ $found != "$ACCOUNT" ]]; then
    DETAIL="the credentials are for AWS account $found; name a profile in AUDITOR_PROFILE_$ACCOUNT"
    return 1
  fi
  CALLER=${OUT#*$'\t'}
  printf -v "$cache" '%s' "$CALLER"
}

{% if action == "revoke" %}
aws_remove() {
  case $TYPE in
    access-key)
      CHANGES=yes aws_call iam update-access-key "--user-name=$HOLDER" "--access-key-id=$RIGHT" --status Inactive
      ;;
    group-membership)
      CHANGES=yes aws_call iam remove-user-from-group "--user-name=$HOLDER" "--group-name=$RIGHT"
      ;;
    attached-policy)
      CHANGES=yes aws_call iam "detach-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-arn=$RIGHT"
      ;;
    inline-policy)
      CHANGES=yes aws_call iam "delete-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT"
      ;;
    login-profile)
      CHANGES=yes aws_call iam delete-login-profile "--user-name=$HOLDER"
      ;;
  esac
}

{% endif %}
{% if action != "undo" %}
# Whether the step takes away what lets its caller run it; DETAIL says how.
aws_own() {
  local role=${CALLER#*:assumed-role/} name=${CALLER##*/}
  NAMES+=("$name")
  DETAIL='it is your own: somebody else must take it away'
  case $CALLER in
    *:assumed-role/*)
      DETAIL='you are using it to run this'
      [[ $HOLDER_KIND == role && ${role%%/*} == "$HOLDER" ]]
      ;;
    *:user/*)
      [[ $HOLDER_KIND == user && $name == "$HOLDER" ]] && return
      [[ $HOLDER_KIND == group ]] || return
      DETAIL='it may be your own: you are in that group, or your groups cannot be read'
      ! aws_call iam list-groups-for-user "--user-name=$name" --query 'Groups[].GroupName' || contains "$HOLDER"
      ;;
    *) false ;;
  esac
}
{% else %}
aws_can_restore() {
  if [[ $TYPE == login-profile ]]; then
    DETAIL='a password cannot be restored: set a new one with `aws iam create-login-profile`'
    return "$BY_HAND"
  fi
  if [[ $TYPE == inline-policy && -n $EXPECTED && $(fingerprint <"$SAVED") != "$EXPECTED" ]]; then
    DETAIL="$SAVED is not the document that was removed"
    return "$MOVED"
  fi
}

aws_restore() {
  case $TYPE in
    access-key)
      CHANGES=yes aws_call iam update-access-key "--user-name=$HOLDER" "--access-key-id=$RIGHT" --status Active
      ;;
    group-membership)
      CHANGES=yes aws_call iam add-user-to-group "--user-name=$HOLDER" "--group-name=$RIGHT"
      ;;
    attached-policy)
      CHANGES=yes aws_call iam "attach-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-arn=$RIGHT"
      ;;
    inline-policy)
      CHANGES=yes aws_call iam "put-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT" \
        "--policy-document=$(cat -- "$SAVED")"
      ;;
  esac
}
{% endif %}
