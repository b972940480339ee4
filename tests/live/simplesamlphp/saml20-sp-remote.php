<?php
// The gateway as its own metadata says it, read by SimpleSAMLphp itself, and what a test adds.
$home = getenv('IDP_HOME');
if (file_exists("$home/gateway.xml")) {
    $said = \SimpleSAML\Metadata\SAMLParser::parseString(file_get_contents("$home/gateway.xml"));
    $more = json_decode(file_get_contents("$home/gateway.json"), true);
    $metadata[$said->getEntityId()] = array_merge($said->getMetadata20SP(), $more);
}
