is_own_right() {
  local name owner NAMES=("$(id -un)")
  "${PROVIDER}_own" && return
  DETAIL='it is your own: somebody else must take it away'
  for name in "${NAMES[@]}"; do
    name=$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')
    for owner in ${OWNERS[@]+"${OWNERS[@]}"}; do
      [[ $owner != "$name" ]] || return 0
    done
  done
  return 1
}
