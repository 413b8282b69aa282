-- A transaction with many entries chains them all at once: one by one, each would write the head of the chain anew, and look through all
-- the versions of it that the transaction has left behind.
--
-- The trigger still fires for each entry. The first one does the work for all that this transaction has written so far; nobody else's are
-- to be seen, as who commits has moved them.
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head audit_head;
  entry audit_intake;
  bodies text[] := '{}';
  hashes text[] := '{}';
  ids bigint[] := '{}';
BEGIN
  IF NOT EXISTS (SELECT FROM audit_intake WHERE id = NEW.id) THEN RETURN NULL; END IF;
  SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
  FOR entry IN SELECT * FROM audit_intake ORDER BY id LOOP
    head.seq := head.seq + 1;
    head.hash := encode(sha256(convert_to(head.hash || ':' || head.seq || ':' || entry.body, 'UTF8')), 'hex');
    bodies := bodies || entry.body;
    hashes := hashes || head.hash;
    ids := ids || entry.id;
  END LOOP;
  INSERT INTO audit_events (seq, body, hash)
    SELECT head.seq - cardinality(ids) + n, body, hash FROM unnest(bodies, hashes) WITH ORDINALITY AS chained (body, hash, n) ORDER BY n;
  UPDATE audit_head SET seq = head.seq, hash = head.hash;
  DELETE FROM audit_intake WHERE id = ANY (ids);
  RETURN NULL;
END $$;
