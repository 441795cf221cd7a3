# Only what is still inactive, as cleanup.sh left it, is deleted.
aws_look() {
  local tab=$'\t'
  DOCUMENT=$RIGHT
  aws_call iam list-access-keys "--user-name=$HOLDER" --query 'AccessKeyMetadata[].[AccessKeyId,Status]'
  settled $? || return
  grep -Fxq -e "$RIGHT${tab}Inactive" <<<"$OUT" && return
  STATE=gone
  grep -Fxq -e "$RIGHT${tab}Active" <<<"$OUT" || return
  STATE=moved
  DETAIL='it is active again: somebody missed it'
}

aws_delete() {
  CHANGES=yes aws_call iam delete-access-key "--user-name=$HOLDER" "--access-key-id=$RIGHT"
}
