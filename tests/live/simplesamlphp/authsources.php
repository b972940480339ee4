<?php
$person = fn ($name, $mail, $groups) =>
    ['uid' => [$name], 'displayName' => [ucfirst($name)], 'mail' => [$mail], 'groups' => $groups];
$password = getenv('IDP_SECRET');
$config = [
    'people' => [
        'exampleauth:UserPass',
        "ada:$password" => $person('ada', 'ada@corp.example', ['/engineering/platform']),
        "ben:$password" => $person('ben', 'ben@corp.example', ['/finance/payroll']),
    ],
];
