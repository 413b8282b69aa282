-- A new master key seals anew what was sent with operations that wait.
GRANT UPDATE (sealed) ON operation_secrets TO holdfast_app;
