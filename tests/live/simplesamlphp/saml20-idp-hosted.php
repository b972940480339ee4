<?php
// `next` adds a second key, published beside the first; `turned` signs with it.
$home = getenv('IDP_HOME');
$state = trim(file_get_contents("$home/keys"));
$keys = $state === 'turned'
    ? ['privatekey' => 'second.key', 'certificate' => 'second.pem']
    : ['privatekey' => 'first.key', 'certificate' => 'first.pem'];
if ($state === 'next') {
    $keys += ['new_privatekey' => 'second.key', 'new_certificate' => 'second.pem'];
}
$metadata[getenv('IDP_URL') . '/saml2/idp/metadata.php'] = $keys + [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'SingleSignOnServiceBinding' => [
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
    ],
    'SingleLogoutServiceBinding' => [
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
    ],
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'authproc' => [
        3 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid'],
    ],
];
