insert or ignore into removals
    (cleanup, action, step, time, finding, provider, kind, account, holder_kind, holder, name, caller)
values (:cleanup, :action, :step, :time, :finding, :provider, :kind, :account, :holder_kind, :holder, :name, :caller)
