<?php

declare(strict_types=1);

namespace Fanfare\Yii1;

use Fanfare\ElephantCalls;

/** An application component of Yii 1.1: `Yii::app()->fanfare->setNameSpace('/shop')->sendMsg('sale', $msg)`. */
class FanfareComponent extends \CApplicationComponent
{
    use ElephantCalls;

    /** Refuses wrong settings when the component is first used, not when the first message is sent. */
    public function init()
    {
        parent::init();
        $this->publisher();
    }
}
