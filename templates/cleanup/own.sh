# Whether a step that cannot be undone was asked for by itself; a dry run only says that it has to be.
is_asked_for() {
  local one answer
  [[ $FINAL == yes && $APPLY == yes ]] || return 0
  for one in ${BY_ITSELF[@]+"${BY_ITSELF[@]}"}; do
    [[ $one != "$STEP" ]] || return 0
  done
  DETAIL="it cannot be undone: ask for it by itself, with --final $STEP"
  [[ -t 0 ]] || return 1
  read -r -p "      This cannot be undone. Type $STEP to do it: " answer
  [[ $answer == "$STEP" ]]
}

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
